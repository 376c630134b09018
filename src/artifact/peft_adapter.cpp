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

#include "adapter_readme.h"
#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/io/atomic_file.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"
#include "lora/nn/linear.h"
#include "lora/nn/lora_adapter.h"

namespace lora {

namespace {

constexpr std::string_view kModelFile = "adapter_model.safetensors";
constexpr std::string_view kConfigFile = "adapter_config.json";
constexpr std::string_view kReadmeFile = "README.md";

// PEFT wraps the model, and a layer that has an adapter is wrapped once more.
constexpr std::string_view kModelPrefix = "base_model.model.";
constexpr std::string_view kA = ".lora_A.weight";
constexpr std::string_view kB = ".lora_B.weight";
constexpr std::string_view kWrappedBias = ".base_layer.bias";
constexpr std::string_view kBias = ".bias";

/// "head", ".lora_A.weight" → "base_model.model.head.lora_A.weight".
std::string tensor_name(const std::string& layer, std::string_view part) {
  return std::string(kModelPrefix) + layer + std::string(part);
}

std::string join(const std::string& directory, std::string_view file) {
  return (std::filesystem::path(directory) / file).string();
}

/// Collects an adapter's tensors under PEFT's names, as float32, and the paths of its layers.
class AdapterTensors : public Visitor {
 public:
  explicit AdapterTensors(bool with_biases) : with_biases_(with_biases) {}

  void linear(const std::string& name, Linear& /*layer*/) override { layers_.push_back(name); }

  void parameter(const std::string& name, Parameter& parameter) override {
    if (!name.ends_with(kBias)) {
      add(name, parameter.value, {rows(parameter), cols(parameter)});
    } else if (with_biases_) {
      const std::string layer = name.substr(0, name.size() - kBias.size());
      add(layer + std::string(kWrappedBias), parameter.value, {cols(parameter)});
    }
  }

  const std::vector<std::string>& layers() const { return layers_; }

  std::vector<std::byte> file() const { return safetensors_bytes(tensors_, {{"format", "pt"}}); }

 private:
  using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  static std::uint64_t rows(const Parameter& p) {
    return static_cast<std::uint64_t>(p.value.rows());
  }
  static std::uint64_t cols(const Parameter& p) {
    return static_cast<std::uint64_t>(p.value.cols());
  }

  void add(const std::string& name, const Matrix& value, std::vector<std::uint64_t> shape) {
    const FloatMatrix& kept =
        *values_.emplace_back(std::make_unique<FloatMatrix>(value.cast<float>()));
    const std::span<const float> elements(kept.data(), static_cast<std::size_t>(kept.size()));
    tensors_.push_back(
        {std::string(kModelPrefix) + name, DType::f32, std::move(shape), std::as_bytes(elements)});
  }

  bool with_biases_;
  std::vector<std::string> layers_;
  std::vector<std::unique_ptr<FloatMatrix>> values_;
  std::vector<SafetensorsTensor> tensors_;
};

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

/// Gives each layer that it meets the adapter which a directory has for it.
class Attacher : public Visitor {
 public:
  explicit Attacher(const PeftAdapter& adapter) : adapter_(adapter) {}

  void linear(const std::string& name, Linear& layer) override {
    layers_.push_back(name);
    if (!uses(name, kA) && !uses(name, kB)) return;
    LoraLayer factors = adapter_.layer(name, layer.in_features(), layer.out_features());
    layer.attach(
        std::make_unique<LoraAdapter>(std::move(factors.A), std::move(factors.B), factors.scale));
    uses(name, kB);
    if (adapter_.config().bias != "none" && uses(name, kWrappedBias)) read_bias(name, layer);
  }

  /// After the walk: every tensor and every pattern must have had its layer.
  void check_all_used() const {
    for (const SafetensorsEntry& entry : adapter_.tensors().tensors()) {
      if (!used_.contains(entry.name)) throw_unused(entry);
    }
    for (const auto& [key, value] : adapter_.config().rank_pattern) check_fits("rank_pattern", key);
    for (const auto& [key, value] : adapter_.config().alpha_pattern) {
      check_fits("alpha_pattern", key);
    }
  }

 private:
  /// Whether the adapter has such a tensor, which then has found its layer.
  bool uses(const std::string& layer, std::string_view part) {
    const SafetensorsEntry* entry = adapter_.tensors().find(tensor_name(layer, part));
    if (entry != nullptr) used_.insert(entry->name);
    return entry != nullptr;
  }

  void read_bias(const std::string& name, Linear& layer) const {
    if (layer.bias() == nullptr) {
      throw Error(ErrorKind::input, adapter_.tensors().path(), ": tensor '",
                  tensor_name(name, kWrappedBias), "' is a bias, but the base's layer has none");
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

  void check_fits(const std::string& what, const std::string& key) const {
    const bool fits =
        std::ranges::any_of(layers_, [&](const auto& layer) { return pattern_fits(key, layer); });
    if (fits) return;
    const std::string near = nearest(key, layers_);
    throw Error(ErrorKind::input, join(adapter_.directory(), kConfigFile), ": ", what, " '", key,
                "' fits no layer; ",
                near.empty() ? "the layers are: " + joined(layers_) : "is '" + near + "' meant?");
  }

  const PeftAdapter& adapter_;
  std::vector<std::string> layers_;
  std::set<std::string> used_;
};

std::string read_text(const std::string& path) {
  const MappedFile file(path);
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void check_is_adapter(const std::string& directory) {
  if (!std::filesystem::exists(directory)) {
    throw Error(ErrorKind::input, directory, ": there is no such directory");
  }
  for (const std::string_view file : {kConfigFile, kModelFile}) {
    if (std::filesystem::exists(join(directory, file))) continue;
    throw Error(ErrorKind::input, directory, ": is no adapter: there is no ", file, " in it");
  }
}

const std::string& checked(const std::string& directory) {
  check_is_adapter(directory);
  return directory;
}

}  // namespace

std::vector<std::string> peft_adapter_files(const std::string& directory) {
  return {join(directory, kModelFile), join(directory, kConfigFile), run_record_path(directory),
          join(directory, kReadmeFile)};
}

void prepare_peft_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw Error(ErrorKind::output, directory, ": cannot be made: ", error.message());
  const AtomicFile probe(join(directory, kModelFile));  // gone again at the end of its scope
}

void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config,
                       const RunRecord& record) {
  AdapterTensors tensors(config.bias != "none");
  model.visit(tensors);
  config.targets = tensors.layers();
  const std::vector<std::string> texts = {peft_config_text(config), run_record_text(record),
                                          adapter_readme(config, record)};

  prepare_peft_directory(directory);
  const std::vector<std::string> paths = peft_adapter_files(directory);
  std::vector<AtomicFile> files;
  files.reserve(paths.size());
  for (const std::string& path : paths) files.emplace_back(path);
  files[0].write(tensors.file());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    files[i + 1].write(std::as_bytes(std::span(texts[i])));
  }
  for (AtomicFile& file : files) file.close_and_check();
  for (AtomicFile& file : files) file.commit();
}

PeftAdapter::PeftAdapter(const std::string& directory)
    : directory_(checked(directory)),
      config_(
          parse_peft_config(read_text(join(directory, kConfigFile)), join(directory, kConfigFile))),
      tensors_(join(directory, kModelFile)) {}

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

Index PeftAdapter::in_features(const std::string& path) const {
  const Shape& shape = tensors_.find(tensor_name(path, kA))->shape;
  return shape.size() == 2 ? static_cast<Index>(shape[1]) : 0;
}

Index PeftAdapter::out_features(const std::string& path) const {
  const SafetensorsEntry* b = tensors_.find(tensor_name(path, kB));
  return b != nullptr && b->shape.size() == 2 ? static_cast<Index>(b->shape[0]) : 0;
}

LoraLayer PeftAdapter::layer(const std::string& path, Index in, Index out) const {
  for (const std::string_view part : {kA, kB}) {
    if (tensors_.find(tensor_name(path, part)) != nullptr) continue;
    throw Error(ErrorKind::input, tensors_.path(), ": tensor '", tensor_name(path, part),
                "' is missing; lora_A and lora_B come together");
  }
  const auto rank = static_cast<std::uint64_t>(config_.rank_of(path));
  const Shape shape_of_A = {rank, static_cast<std::uint64_t>(in)};
  const Shape shape_of_B = {static_cast<std::uint64_t>(out), rank};
  Matrix A = read_tensor(tensors_, *tensors_.find(tensor_name(path, kA)), shape_of_A);
  Matrix B = read_tensor(tensors_, *tensors_.find(tensor_name(path, kB)), shape_of_B);
  return {std::move(A), std::move(B), config_.scale_of(path)};
}

std::optional<Matrix> PeftAdapter::bias(const std::string& path, Index out) const {
  const SafetensorsEntry* entry = tensors_.find(tensor_name(path, kWrappedBias));
  if (config_.bias == "none" || entry == nullptr) return std::nullopt;
  return read_tensor(tensors_, *entry, {static_cast<std::uint64_t>(out)});
}

void PeftAdapter::attach_to(Model& model) const {
  Attacher attacher(*this);
  model.visit(attacher);
  attacher.check_all_used();
}

}  // namespace lora
