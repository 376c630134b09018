#include "lora/artifact/checkpoint.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/json_depth.h"
#include "lora/io/atomic_file.h"
#include "lora/io/file_hash.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/safetensors.h"

namespace lora {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kDigits = 12;
constexpr std::size_t kKept = 2;
constexpr std::string_view kPrefix = "step-";
constexpr std::string_view kTensors = ".safetensors";
constexpr std::string_view kFacts = ".json";

std::string file_of(const std::string& directory, std::int64_t step, std::string_view extension) {
  std::string digits = std::to_string(step);
  digits.insert(0, kDigits - std::min(kDigits, digits.size()), '0');
  const std::string name = std::string(kPrefix) + digits + std::string(extension);
  return (std::filesystem::path(directory) / name).string();
}

/// The step that a file's name says, if it is a checkpoint's.
std::optional<std::int64_t> step_of(const std::filesystem::path& file) {
  const std::string name = file.stem().string();
  const std::string extension = file.extension().string();
  if (!name.starts_with(kPrefix) || (extension != kTensors && extension != kFacts)) return {};
  std::int64_t step = 0;
  const char* const end = name.data() + name.size();
  const auto result = std::from_chars(name.data() + kPrefix.size(), end, step);
  if (result.ec != std::errc() || result.ptr != end) return {};
  return step;
}

/// Writes parts down: matrices as float32 tensors, everything else as JSON.
class Writer : public StateVisitor {
 public:
  void matrix(const std::string& name, Matrix& value) override {
    const auto kept = std::make_shared<FloatMatrix>(value.cast<float>());
    values_.push_back(kept);
    tensors_.push_back(
        {name,
         DType::f32,
         {static_cast<std::uint64_t>(value.rows()), static_cast<std::uint64_t>(value.cols())},
         std::as_bytes(
             std::span<const float>(kept->data(), static_cast<std::size_t>(kept->size())))});
  }
  void number(const std::string& name, double& value) override { others_[name] = value; }
  void whole(const std::string& name, std::int64_t& value) override { others_[name] = value; }
  void text(const std::string& name, std::string& value) override { others_[name] = value; }

  std::vector<std::byte> tensors() const { return safetensors_bytes(tensors_, {}); }
  const Json& others() const { return others_; }

 private:
  using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  std::vector<std::shared_ptr<FloatMatrix>> values_;
  std::vector<SafetensorsTensor> tensors_;
  Json others_ = Json::object();
};

/// Puts back what a Writer wrote.
class Reader : public StateVisitor {
 public:
  Reader(const SafetensorsFile& tensors, const Json& others) : tensors_(tensors), others_(others) {}

  void matrix(const std::string& name, Matrix& value) override {
    const SafetensorsEntry* entry = tensors_.find(name);
    if (entry == nullptr || entry->dtype != DType::f32 || entry->shape.size() != 2) refuse(name);
    const std::uint64_t rows = entry->shape[0];
    const std::uint64_t cols = entry->shape[1];
    const bool fits = std::cmp_equal(rows, value.rows()) && std::cmp_equal(cols, value.cols());
    if (value.size() > 0 && !fits) refuse(name);
    value.resize(static_cast<Index>(rows), static_cast<Index>(cols));
    npy_rows_to_float(
        {tensors_.path() + ":" + name, DType::f32, false, false, entry->shape, entry->bytes}, 0,
        value);
  }
  void number(const std::string& name, double& value) override { value = get<double>(name); }
  void whole(const std::string& name, std::int64_t& value) override {
    value = get<std::int64_t>(name);
  }
  void text(const std::string& name, std::string& value) override {
    value = get<std::string>(name);
  }

 private:
  template <class Value>
  Value get(const std::string& name) const {
    try {
      return others_.at(name).get<Value>();
    } catch (const Json::exception&) {
      refuse(name);
    }
  }

  [[noreturn]] void refuse(const std::string& name) const {
    throw Error(ErrorKind::input, tensors_.path(), ": this checkpoint has no '", name,
                "' as it is needed here; was it made by another version?");
  }

  const SafetensorsFile& tensors_;
  const Json& others_;
};

Json read_json(const std::string& path) {
  const MappedFile file(path);
  Json json;
  if (is_shallow_json(file.text())) {
    json = Json::parse(file.text(), nullptr, /*allow_exceptions=*/false);
  }
  const bool good = json.is_object() && json.contains("facts") && json.contains("state") &&
                    json.contains("tensors") && json["tensors"].is_string();
  if (!good) throw Error(ErrorKind::input, path, ": is incomplete or damaged");
  return json;
}

void remove_step(const std::string& directory, std::int64_t step) {
  std::error_code ignored;
  std::filesystem::remove(file_of(directory, step, kFacts), ignored);
  std::filesystem::remove(file_of(directory, step, kTensors), ignored);
}

}  // namespace

Checkpoint::Checkpoint(const std::string& directory, std::int64_t step)
    : step_(step),
      tensor_file_(file_of(directory, step, kTensors)),
      json_(read_json(file_of(directory, step, kFacts))) {
  if (hash_file(tensor_file_).text != json_["tensors"].get<std::string>()) {
    throw Error(ErrorKind::input, tensor_file_, ": is incomplete or damaged");
  }
}

void Checkpoint::restore(const std::function<void(StateVisitor&)>& visit_state) const {
  const SafetensorsFile tensors(tensor_file_);
  Reader reader(tensors, json_.at("state"));
  visit_state(reader);
}

std::vector<std::int64_t> CheckpointDirectory::steps() const {
  std::set<std::int64_t> steps;
  std::error_code absent;
  for (const auto& entry : std::filesystem::directory_iterator(path_, absent)) {
    if (const auto step = step_of(entry.path())) steps.insert(*step);
  }
  return {steps.begin(), steps.end()};
}

std::optional<Checkpoint> CheckpointDirectory::newest(std::vector<std::string>& damaged) const {
  std::vector<std::int64_t> all = steps();
  std::ranges::reverse(all);
  for (const std::int64_t step : all) {
    try {
      return Checkpoint(path_, step);
    } catch (const Error& error) {
      damaged.emplace_back(error.what());
    }
  }
  return std::nullopt;
}

void CheckpointDirectory::save(std::int64_t step, const Json& facts,
                               const std::function<void(StateVisitor&)>& visit_state) {
  Writer writer;
  visit_state(writer);
  const std::string tensor_file = file_of(path_, step, kTensors);
  const std::string facts_file = file_of(path_, step, kFacts);
  AtomicFile tensors(tensor_file);
  tensors.write(writer.tensors());
  tensors.close_and_check();
  const Json json = {{"facts", facts},
                     {"state", writer.others()},
                     {"tensors", hash_file(tensors.partial_path()).text}};
  const std::string text = json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
  AtomicFile others(facts_file);
  others.write(std::as_bytes(std::span(text)));
  others.close_and_check();  // a full disk leaves neither of the two
  tensors.commit();
  others.commit();

  const std::vector<std::int64_t> all = steps();
  for (std::size_t i = 0; i + kKept < all.size(); ++i) remove_step(path_, all[i]);
}

void CheckpointDirectory::remove_abandoned() {
  lora::remove_abandoned(path_, {std::string(kPrefix)});
}

void CheckpointDirectory::clear() {
  for (const std::int64_t step : steps()) remove_step(path_, step);
}

}  // namespace lora
