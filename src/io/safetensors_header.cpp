#include "lora/io/safetensors_header.h"

#include <cstddef>
#include <unordered_set>
#include <utility>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "lora/core/text.h"

namespace lora {

namespace {

constexpr std::string_view kMetadata = "__metadata__";

template <class... Parts>
[[noreturn]] void refuse(const std::string& path, const Parts&... parts) {
  throw Error(ErrorKind::input, "[safetensors] ", path, ": ", parts...);
}

/// Receives the header's JSON piece by piece and builds no tree of it, so that neither its depth
/// nor its width costs more than the result.
class HeaderReader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit HeaderReader(const std::string& path) : path_(path) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool null() override {
    if (place_ == Place::header && key_ == kMetadata) return true;
    return ignored() || unexpected("null");
  }
  bool boolean(bool /*value*/) override { return ignored() || unexpected("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override {
    return ignored() || unexpected("a negative number");
  }
  bool number_float(number_float_t /*value*/, const string_t& text) override {
    return ignored() || unexpected(in_quotes(text));
  }
  bool binary(binary_t& /*value*/) override { return unexpected("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::shape) {
      tensor().shape.push_back(value);
    } else if (place_ == Place::offsets) {
      if (offsets_.size() == 2) return unexpected("a third number");
      offsets_.push_back(value);
    } else if (!ignored()) {
      return unexpected("a number");
    }
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::metadata) {
      header_.metadata[key_] = std::move(value);
    } else if (place_ == Place::tensor && field_ == Field::dtype) {
      tensor().dtype = find_safetensors_dtype(value);
      if (tensor().dtype == nullptr) return unexpected(in_quotes(value));
    } else if (!ignored()) {
      return unexpected("a string");
    }
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (place_ == Place::outside) {
      place_ = Place::header;
    } else if (place_ == Place::header) {
      enter_entry();
    } else if (ignored()) {
      enter_ignored();
    } else {
      return unexpected("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::ignored) {
      leave_ignored();
    } else if (place_ == Place::header) {
      place_ = Place::outside;
    } else {
      if (place_ == Place::tensor) finish_tensor();
      place_ = Place::header;
    }
    return true;
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ == Place::tensor && field_ == Field::shape) {
      place_ = Place::shape;
    } else if (place_ == Place::tensor && field_ == Field::offsets) {
      place_ = Place::offsets;
    } else if (ignored()) {
      enter_ignored();
    } else {
      return unexpected("a list");
    }
    return true;
  }

  bool end_array() override {
    if (place_ == Place::ignored) {
      leave_ignored();
      return true;
    }
    if (place_ == Place::offsets && offsets_.size() != 2) {
      return unexpected(offsets_.empty() ? "no number" : "a single number");
    }
    place_ = Place::tensor;
    return true;
  }

  bool key(string_t& key) override {
    if (place_ == Place::header) {
      if (!names_.insert(key).second) refuse(path_, "the header names ", in_quotes(key), " twice");
      key_ = std::move(key);
    } else if (place_ == Place::metadata) {
      if (header_.metadata.contains(key)) {
        refuse(path_, kMetadata, " has ", in_quotes(key), " twice");
      }
      key_ = std::move(key);
    } else if (place_ == Place::tensor) {
      enter_field(key);
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string& last_token,
                   const nlohmann::json::exception& /*error*/) override {
    refuse(path_, "the header is not valid JSON at its byte ", position, ", near ",
           in_quotes(last_token));
  }

 private:
  enum class Place { outside, header, metadata, tensor, shape, offsets, ignored };
  enum class Field { dtype, shape, offsets, other };
  static constexpr std::size_t kFields = 3;  // without the others

  SafetensorsHeader::Tensor& tensor() { return header_.tensors.back(); }

  bool ignored() const {
    return place_ == Place::ignored || (place_ == Place::tensor && field_ == Field::other);
  }
  void enter_ignored() {
    place_ = Place::ignored;
    ++ignored_depth_;
  }
  void leave_ignored() {
    if (--ignored_depth_ == 0) place_ = Place::tensor;
  }

  void enter_entry() {
    if (key_ == kMetadata) {
      place_ = Place::metadata;
      return;
    }
    header_.tensors.emplace_back().name = key_;
    offsets_.clear();
    for (bool& seen : seen_) seen = false;
    place_ = Place::tensor;
  }

  void enter_field(const std::string& name) {
    field_ = field_of(name);
    if (field_ == Field::other) return;
    bool& seen = seen_[static_cast<std::size_t>(field_)];
    if (seen) refuse(path_, "tensor ", in_quotes(key_), " has '", name, "' twice");
    seen = true;
  }

  static Field field_of(std::string_view name) {
    for (std::size_t i = 0; i < kFields; ++i) {
      if (name == kFieldNames[i]) return static_cast<Field>(i);
    }
    return Field::other;
  }

  void finish_tensor() {
    for (std::size_t i = 0; i < kFields; ++i) {
      if (!seen_[i]) refuse(path_, "tensor ", in_quotes(key_), " has no '", kFieldNames[i], "'");
    }
    tensor().begin = offsets_[0];
    tensor().end = offsets_[1];
  }

  /// Refuses `found`, saying where it stands and what would be right there. Never returns.
  bool unexpected(const std::string& found) const {
    const std::string name = in_quotes(key_);
    switch (place_) {
      case Place::outside:
        refuse(path_, "the header is ", found, ", not an object {…}");
      case Place::header:
        refuse(path_, name, " is ", found, ", not an object",
               key_ == kMetadata ? " of strings" : " with dtype, shape and data_offsets");
      case Place::metadata:
        refuse(path_, kMetadata, ": ", name, " is ", found, ", not a string");
      case Place::shape:
        refuse(path_, "tensor ", name, ": shape has ", found,
               " in it; only whole numbers from 0 to 2^64 - 1 fit");
      case Place::offsets:
        refuse(path_, "tensor ", name, ": data_offsets has ", found,
               " in it; [begin, end] would be right");
      default:
        break;
    }
    if (field_ == Field::dtype) {
      refuse(path_, "tensor ", name, ": dtype is ", found, ", not a known one such as 'F32'");
    }
    refuse(path_, "tensor ", name, ": ", kFieldNames[static_cast<std::size_t>(field_)], " is ",
           found, ", not a list of whole numbers");
  }

  static constexpr std::string_view kFieldNames[kFields] = {"dtype", "shape", "data_offsets"};

  const std::string& path_;
  SafetensorsHeader header_;
  std::unordered_set<std::string> names_;  // keys of the header so far
  Place place_ = Place::outside;
  Field field_ = Field::other;  // whose value comes next, inside a tensor
  std::string key_;             // of the header or of the metadata
  std::size_t ignored_depth_ = 0;
  bool seen_[kFields] = {};
  std::vector<std::uint64_t> offsets_;
};

/// What the JSON library would let pass, but the format does not.
void check_characters(std::string_view json, const std::string& path) {
  const std::size_t invalid = find_invalid_utf8(json);
  if (invalid != std::string_view::npos) {
    refuse(path, "the header is not UTF-8 at its byte ", invalid + 1);
  }
  const std::size_t zero = json.find('\0');
  if (zero != std::string_view::npos) {
    refuse(path, "the header has a zero byte, its byte ", zero + 1);
  }
  if (json.starts_with("\xEF\xBB\xBF")) refuse(path, "the header starts with a byte order mark");
}

}  // namespace

SafetensorsHeader parse_safetensors_header(std::string_view json, const std::string& path) {
  check_characters(json, path);
  HeaderReader reader(path);
  nlohmann::json::sax_parse(json.begin(), json.end(), &reader);
  return reader.take();
}

}  // namespace lora
