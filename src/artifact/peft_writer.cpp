#include "lora/artifact/peft_writer.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <system_error>
#include <utility>

#include "adapter_readme.h"
#include "lora/core/error.h"
#include "lora/io/atomic_file.h"
#include "lora/nn/linear.h"
#include "lora/nn/visitor.h"
#include "peft_names.h"

namespace lora {

namespace {

/// Collects what a model has of an adapter, and the paths of its layers.
class ModelTensors : public Visitor {
 public:
  /// `biases` is none, all or lora_only.
  explicit ModelTensors(std::string biases) : biases_(std::move(biases)) {}

  void linear(const std::string& name, Linear& layer) override {
    layer_is_adapted_ = layer.adapter() != nullptr;
    layer_is_converted_ = false;
    if (!layer_is_adapted_) return;
    layers.push_back(name);
    const std::optional<LoraFactors> factors = layer.adapter()->converted();
    layer_is_converted_ = factors.has_value();
    if (!factors) return;
    converted = true;
    tensors.add_factors(name, factors->A, factors->B);
  }

  void parameter(const std::string& name, Parameter& parameter) override {
    if (name.ends_with(kBias)) return bias(name, parameter);
    const bool is_factor = name.ends_with(kA) || name.ends_with(kB);
    if (!is_factor || !layer_is_converted_) tensors.add_parameter(name, parameter.value);
  }

  PeftTensors tensors;
  std::vector<std::string> layers;
  bool converted = false;  ///< to twice the rank: what an initialisation took out is in the factors

 private:
  void bias(const std::string& name, const Parameter& parameter) {
    const std::string layer = name.substr(0, name.size() - kBias.size());
    if (biases_ == "none" || (biases_ == "lora_only" && !layer_is_adapted_)) return;
    tensors.add_bias(layer, parameter.value, layer_is_adapted_);
  }

  std::string biases_;
  bool layer_is_adapted_ = false;
  bool layer_is_converted_ = false;
};

void remove(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (error) {
    throw Error(ErrorKind::output, path, ": cannot be replaced: ", error.message());
  }
}

struct Content {
  std::string path;
  std::vector<std::byte> bytes;
};

Content text_file(const std::string& path, const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {path, {bytes.begin(), bytes.end()}};
}

/// Makes `config` say of the adapters what the walk has found.
ModelTensors tensors_of(Model& model, PeftConfig& config) {
  ModelTensors walk(config.bias);
  model.visit(walk);
  config.targets = walk.layers;
  if (walk.converted) config.double_ranks();
  return walk;
}

/// Replaces the files of an adapter, its configuration last; `outdated` are taken away.
void replace_adapter(const std::string& directory, const std::vector<Content>& contents,
                     const std::vector<std::string>& outdated) {
  prepare_peft_directory(directory);
  std::vector<AtomicFile> files;
  files.reserve(contents.size());
  for (const Content& content : contents) {
    files.emplace_back(content.path).write(content.bytes);
  }
  for (AtomicFile& file : files) file.close_and_check();
  // From here to the end nothing in the directory is taken for an adapter.
  remove(file_in(directory, kConfigFile));
  for (const std::string& path : outdated) remove(path);
  for (AtomicFile& file : files) file.commit();
}

}  // namespace

std::vector<std::string> peft_adapter_files(const std::string& directory) {
  return {file_in(directory, kModelFile), file_in(directory, kConfigFile),
          run_record_path(directory), file_in(directory, kReadmeFile)};
}

void prepare_peft_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw Error(ErrorKind::output, directory, ": cannot be made: ", error.message());
  const AtomicFile probe(file_in(directory, kModelFile));  // gone again at the end of its scope
}

namespace {

/// Makes the directory; false if it was there.
bool make_directory(const std::string& directory) {
  std::error_code unseen;
  const bool made = !std::filesystem::exists(directory, unseen);
  prepare_peft_directory(directory);
  return made;
}

}  // namespace

PeftDirectoryLock::PeftDirectoryLock(std::string directory)
    : directory_(std::move(directory)), made_(make_directory(directory_)), lock_(directory_) {
  std::vector<std::string> names;
  for (const std::string& path : peft_adapter_files(directory_)) {
    names.push_back(std::filesystem::path(path).filename().string());
  }
  remove_abandoned(directory_, names);
}

PeftDirectoryLock::~PeftDirectoryLock() {
  if (!made_) return;
  std::error_code not_empty;
  std::filesystem::remove(directory_, not_empty);
}

void PeftTensors::add_factors(const std::string& path, const Matrix& A, const Matrix& B) {
  add(peft_tensor_name(path, kA), A, /*is_list=*/false);
  add(peft_tensor_name(path, kB), B, /*is_list=*/false);
}

void PeftTensors::add_bias(const std::string& path, const Matrix& bias, bool is_adapted) {
  add(peft_tensor_name(path, is_adapted ? kWrappedBias : kBias), bias, /*is_list=*/true);
}

void PeftTensors::add_parameter(const std::string& name, const Matrix& value) {
  add(std::string(kModelPrefix) + name, value, /*is_list=*/name.ends_with(kMagnitude));
}

void PeftTensors::add(std::string name, const Matrix& value, bool is_list) {
  const FloatMatrix& kept =
      *values_.emplace_back(std::make_unique<FloatMatrix>(value.cast<float>()));
  if (!kept.allFinite()) {
    throw Error(ErrorKind::training, "a number of ", name,
                " is beyond float32, in which an adapter is saved");
  }
  const std::span<const float> elements(kept.data(), static_cast<std::size_t>(kept.size()));
  const auto rows = static_cast<std::uint64_t>(value.rows());
  const auto cols = static_cast<std::uint64_t>(value.cols());
  std::vector<std::uint64_t> shape = {rows, cols};
  if (is_list) shape = {cols};
  tensors_.push_back({std::move(name), DType::f32, std::move(shape), std::as_bytes(elements)});
}

std::vector<std::byte> PeftTensors::file() const {
  return safetensors_bytes(tensors_, {{"format", "pt"}});
}

void write_peft_adapter(const std::string& directory, const PeftTensors& tensors,
                        const PeftConfig& config) {
  replace_adapter(directory,
                  {{file_in(directory, kModelFile), tensors.file()},
                   text_file(file_in(directory, kConfigFile), peft_config_text(config))},
                  {run_record_path(directory), file_in(directory, kReadmeFile)});
}

void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config) {
  const ModelTensors walk = tensors_of(model, config);
  write_peft_adapter(directory, walk.tensors, config);
}

void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config,
                       const RunRecord& record) {
  const ModelTensors walk = tensors_of(model, config);
  replace_adapter(directory,
                  {{file_in(directory, kModelFile), walk.tensors.file()},
                   text_file(run_record_path(directory), run_record_text(record)),
                   text_file(file_in(directory, kReadmeFile), adapter_readme(config, record)),
                   text_file(file_in(directory, kConfigFile), peft_config_text(config))},
                  {});
}

}  // namespace lora
