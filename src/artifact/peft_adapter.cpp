#include "lora/artifact/peft_adapter.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"
#include "lora/nn/dora_adapter.h"
#include "lora/nn/linear.h"
#include "lora/nn/lora_adapter.h"
#include "peft_names.h"

namespace lora {

namespace {

using Shape = std::vector<std::uint64_t>;

/// The tensor's values, which must be of that shape: (rows, cols), or (n,) as one row.
Matrix read_tensor(const SafetensorsFile& file, const SafetensorsEntry& entry, const Shape& shape) {
  if (!entry.dtype || !is_floating(*entry.dtype) || entry.shape != shape) {
    throw Error(ErrorKind::input, file.path(), ": tensor '", entry.name, "' is ", entry.dtype_name,
                " of shape ", shape_text(entry.shape), ", but shape ", shape_text(shape),
                " of a floating type is needed");
  }
  const auto rows = static_cast<Index>(shape.size() == 2 ? shape[0] : 1);
  Matrix values(rows, static_cast<Index>(shape.back()));
  const NpyArray array{file.path() + ":" + entry.name,
                       *entry.dtype,
                       false,
                       false,
                       shape.size() == 2 ? shape : Shape{1, shape[0]},
                       entry.bytes};
  npy_rows_to_float(array, 0, values);
  if (!values.allFinite()) {
    throw Error(ErrorKind::input, file.path(), ": tensor '", entry.name,
                "' holds a number that is not finite in float32");
  }
  return values;
}

/// Whether all bytes are, or those of -0.
bool is_zero(const SafetensorsEntry& entry) {
  const std::size_t step = entry.dtype ? size_of(*entry.dtype) : 1;
  for (std::size_t i = 0; i < entry.bytes.size(); ++i) {
    const bool may_have_sign = entry.dtype && i % step == step - 1;
    const auto sign = may_have_sign ? std::byte{0x80} : std::byte{0};
    if ((entry.bytes[i] & ~sign) != std::byte{0}) return false;
  }
  return true;
}

/// Gives each layer that it meets the adapter which a directory has for it.
class Attacher : public Visitor {
 public:
  Attacher(const PeftAdapter& adapter, double dropout) : adapter_(adapter), dropout_(dropout) {}

  void linear(const std::string& name, Linear& layer) override {
    layers_.push_back(name);
    if (!uses(name, kA) && !uses(name, kB)) return read_bias_alone(name, layer);
    attach_adapter(name, layer);
    uses(name, kB);
    read_bias(name, layer);
  }

  /// After the walk: every tensor must have had its layer.
  void check_all_used() const {
    for (const SafetensorsEntry& entry : adapter_.tensors().tensors()) {
      if (!used_.contains(entry.name)) throw_unused(entry);
    }
  }

 private:
  /// Whether the adapter has such a tensor, which then has found its layer.
  bool uses(const std::string& layer, std::string_view part) {
    const SafetensorsEntry* entry = adapter_.tensors().find(peft_tensor_name(layer, part));
    if (entry != nullptr) used_.insert(entry->name);
    return entry != nullptr;
  }

  void attach_adapter(const std::string& name, Linear& layer) {
    LoraLayer factors = adapter_.layer(name, layer.in_features(), layer.out_features());
    std::optional<Matrix> magnitude = adapter_.magnitude(name, layer.out_features());
    if (magnitude) {
      uses(name, kMagnitude);
      layer.attach(std::make_unique<DoraAdapter>(std::move(factors.A), std::move(factors.B),
                                                 std::move(*magnitude), factors.scale, dropout_));
    } else {
      layer.attach(std::make_unique<LoraAdapter>(std::move(factors.A), std::move(factors.B),
                                                 factors.scale, dropout_));
    }
  }

  /// If biases come with the adapter, those of all adapted layers do.
  void read_bias(const std::string& name, Linear& layer) {
    if (adapter_.config().bias == "none") return;
    const bool is_there = uses(name, kWrappedBias);
    if (is_there == (layer.bias() != nullptr)) {
      if (is_there) layer.bias()->value = *adapter_.bias(name, layer.out_features());
      return;
    }
    const std::string tensor = in_quotes(peft_tensor_name(name, kWrappedBias));
    if (is_there) {
      throw Error(ErrorKind::input, adapter_.tensors().path(), ": tensor ", tensor,
                  " is a bias, but the base's layer has none");
    }
    throw Error(ErrorKind::input, adapter_.tensors().path(), ": tensor ", tensor,
                " is missing, although the configuration says bias '", adapter_.config().bias,
                "' and the base's layer has one");
  }

  /// Of a layer that has no factors.
  void read_bias_alone(const std::string& name, Linear& layer) {
    if (!uses(name, kBias)) return;
    if (layer.bias() == nullptr) {
      throw Error(ErrorKind::input, adapter_.tensors().path(), ": tensor ",
                  in_quotes(peft_tensor_name(name, kBias)),
                  " is a bias, but the base's layer has none");
    }
    layer.bias()->value = *adapter_.bias(name, layer.out_features());
  }

  [[noreturn]] void throw_unused(const SafetensorsEntry& entry) const {
    const std::string path(
        entry.name.starts_with(kModelPrefix) ? entry.name.substr(kModelPrefix.size()) : entry.name);
    const std::string near = nearest(path.substr(0, path.find(".lora_")), layers_);
    throw Error(ErrorKind::input, adapter_.tensors().path(), ": tensor ", in_quotes(entry.name),
                " belongs to no layer of the base, whose layers are: ", joined(layers_),
                near.empty() ? "" : "; is '" + near + "' meant?");
  }

  const PeftAdapter& adapter_;
  double dropout_;
  std::vector<std::string> layers_;
  std::set<std::string> used_;
};

void check_is_adapter(const std::string& directory) {
  std::error_code error;
  if (!std::filesystem::exists(directory, error) && !error) {
    throw Error(ErrorKind::input, directory, ": there is no such directory");
  }
  for (const std::string_view file : {kConfigFile, kModelFile}) {
    if (!error && std::filesystem::exists(file_in(directory, file), error)) continue;
    if (error) throw Error(ErrorKind::input, directory, ": cannot be read: ", error.message());
    throw Error(ErrorKind::input, directory, ": is no adapter: there is no ", file, " in it");
  }
}

const std::string& checked(const std::string& directory) {
  check_is_adapter(directory);
  return directory;
}

}  // namespace

PeftAdapter::PeftAdapter(const std::string& directory)
    : directory_(checked(directory)),
      config_(parse_peft_config(MappedFile(file_in(directory, kConfigFile)).text(),
                                file_in(directory, kConfigFile))),
      tensors_(file_in(directory, kModelFile)) {
  check_not_empty();
  check_tensors();
  check_patterns();
}

void PeftAdapter::check_not_empty() const {
  if (layers().empty()) {
    throw Error(ErrorKind::input, tensors_.path(), ": holds no lora_A, so no adapter");
  }
  if (std::ranges::all_of(tensors_.tensors(), is_zero)) {
    throw Error(ErrorKind::input, tensors_.path(),
                ": every number in it is 0: nothing was saved, or of another model");
  }
}

void PeftAdapter::check_tensors() const {
  std::set<std::string> known;
  for (const std::string& path : layers()) {
    known.insert(peft_tensor_name(path, kA));
    known.insert(peft_tensor_name(path, kB));
    if (config_.dora) known.insert(peft_tensor_name(path, kMagnitude));
    if (config_.bias != "none") known.insert(peft_tensor_name(path, kWrappedBias));
  }
  for (const std::string& path : layers_of_biases()) known.insert(peft_tensor_name(path, kBias));
  for (const SafetensorsEntry& entry : tensors_.tensors()) {
    if (known.contains(entry.name)) continue;
    throw Error(ErrorKind::input, tensors_.path(), ": tensor ", in_quotes(entry.name),
                " belongs to no layer that has a lora_A, or is of a kind that is not known here");
  }
}

void PeftAdapter::check_patterns() const {
  const std::vector<std::string> all = layers();
  const auto check = [&](const std::string& what, const std::string& key) {
    if (std::ranges::any_of(all, [&](const auto& path) { return pattern_fits(key, path); })) return;
    const std::string near = nearest(key, all);
    throw Error(ErrorKind::input, file_in(directory_, kConfigFile), ": ", what, " '", key,
                "' fits no layer; ",
                near.empty() ? "the layers are: " + joined(all) : "is '" + near + "' meant?");
  };
  for (const auto& [key, value] : config_.rank_pattern) check("rank_pattern", key);
  for (const auto& [key, value] : config_.alpha_pattern) check("alpha_pattern", key);
}

void PeftAdapter::check_adds_something() const {
  if (config_.bias != "none" || config_.dora) return;
  for (const std::string& path : layers()) {
    const SafetensorsEntry* b = tensors_.find(peft_tensor_name(path, kB));
    if (b == nullptr) return;  // layer() says so
    if (!is_zero(*b) && !is_zero(*tensors_.find(peft_tensor_name(path, kA)))) return;
  }
  throw Error(ErrorKind::input, tensors_.path(),
              ": adds nothing to any layer, since B is 0 as before training");
}

std::vector<std::string> PeftAdapter::layers() const {
  std::vector<std::string> layers;
  for (const SafetensorsEntry& entry : tensors_.tensors()) {
    const std::string& name = entry.name;
    if (!name.starts_with(kModelPrefix) || !name.ends_with(kA)) continue;
    layers.push_back(
        name.substr(kModelPrefix.size(), name.size() - kModelPrefix.size() - kA.size()));
  }
  return layers;
}

std::vector<std::string> PeftAdapter::layers_of_biases() const {
  std::vector<std::string> layers;
  if (config_.bias != "all") return layers;
  for (const SafetensorsEntry& entry : tensors_.tensors()) {
    const std::string& name = entry.name;
    const bool is_bias = name.starts_with(kModelPrefix) && name.ends_with(kBias);
    if (!is_bias || name.ends_with(kWrappedBias)) continue;
    layers.push_back(
        name.substr(kModelPrefix.size(), name.size() - kModelPrefix.size() - kBias.size()));
  }
  return layers;
}

Index PeftAdapter::in_features(const std::string& path) const {
  const Shape& shape = tensors_.find(peft_tensor_name(path, kA))->shape;
  return shape.size() == 2 ? static_cast<Index>(shape[1]) : 0;
}

Index PeftAdapter::out_features(const std::string& path) const {
  const SafetensorsEntry* b = tensors_.find(peft_tensor_name(path, kB));
  return b != nullptr && b->shape.size() == 2 ? static_cast<Index>(b->shape[0]) : 0;
}

LoraLayer PeftAdapter::layer(const std::string& path, Index in, Index out) const {
  for (const std::string_view part : {kA, kB}) {
    if (tensors_.find(peft_tensor_name(path, part)) != nullptr) continue;
    throw Error(ErrorKind::input, tensors_.path(), ": tensor '", peft_tensor_name(path, part),
                "' is missing; lora_A and lora_B come together");
  }
  const auto rank = static_cast<std::uint64_t>(config_.rank_of(path));
  const Shape shape_of_A = {rank, static_cast<std::uint64_t>(in)};
  const Shape shape_of_B = {static_cast<std::uint64_t>(out), rank};
  Matrix A = read_tensor(tensors_, *tensors_.find(peft_tensor_name(path, kA)), shape_of_A);
  Matrix B = read_tensor(tensors_, *tensors_.find(peft_tensor_name(path, kB)), shape_of_B);
  return {std::move(A), std::move(B), config_.scale_of(path)};
}

std::optional<Matrix> PeftAdapter::magnitude(const std::string& path, Index out) const {
  if (!config_.dora) return std::nullopt;
  const SafetensorsEntry* entry = tensors_.find(peft_tensor_name(path, kMagnitude));
  if (entry == nullptr) {
    throw Error(ErrorKind::input, tensors_.path(), ": tensor '", peft_tensor_name(path, kMagnitude),
                "' is missing, although the configuration says use_dora");
  }
  return read_tensor(tensors_, *entry, {static_cast<std::uint64_t>(out)});
}

std::optional<Matrix> PeftAdapter::bias(const std::string& path, Index out) const {
  if (config_.bias == "none") return std::nullopt;
  const SafetensorsEntry* entry = tensors_.find(peft_tensor_name(path, kWrappedBias));
  if (entry == nullptr) entry = tensors_.find(peft_tensor_name(path, kBias));
  if (entry == nullptr) return std::nullopt;
  return read_tensor(tensors_, *entry, {static_cast<std::uint64_t>(out)});
}

void PeftAdapter::attach_to(Model& model, double dropout) const {
  Attacher attacher(*this, dropout);
  model.visit(attacher);
  attacher.check_all_used();
}

}  // namespace lora
