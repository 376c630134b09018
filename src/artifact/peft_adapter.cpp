#include "lora/artifact/peft_adapter.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "lora/io/atomic_file.h"
#include "lora/io/safetensors.h"
#include "lora/nn/linear.h"

namespace lora {

namespace {

constexpr std::string_view kModelFile = "adapter_model.safetensors";
constexpr std::string_view kConfigFile = "adapter_config.json";

// PEFT wraps the model, and a layer that has an adapter is wrapped once more.
constexpr std::string_view kModelPrefix = "base_model.model.";
constexpr std::string_view kWrappedBias = ".base_layer.bias";
constexpr std::string_view kBias = ".bias";

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

/// A whole number is written without a point, as Python's int.
nlohmann::json number(double value) {
  const double whole = std::trunc(value);
  return whole == value && std::abs(value) < 1e15 ? nlohmann::json(static_cast<std::int64_t>(value))
                                                  : nlohmann::json(value);
}

/// Only keys that PEFT of every version reads; its own form: sorted, indented by two.
std::string config_text(const PeftConfig& config, const std::vector<std::string>& layers) {
  const nlohmann::json null;
  const nlohmann::json json = {
      {"alpha_pattern", nlohmann::json::object()},
      {"auto_mapping", null},
      {"base_model_name_or_path",
       config.base_model.empty() ? null : nlohmann::json(config.base_model)},
      {"bias", config.bias},
      {"fan_in_fan_out", false},
      {"inference_mode", true},
      {"init_lora_weights", true},
      {"layers_pattern", null},
      {"layers_to_transform", null},
      {"lora_alpha", number(config.adapter.scale() * static_cast<double>(config.adapter.rank))},
      {"lora_dropout", 0.0},
      {"modules_to_save", null},
      {"peft_type", "LORA"},
      {"r", config.adapter.rank},
      {"rank_pattern", nlohmann::json::object()},
      {"revision", null},
      {"target_modules", layers},
      {"task_type", null},
      {"use_dora", false},
      {"use_rslora", false},
  };
  return json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string join(const std::string& directory, std::string_view file) {
  return (std::filesystem::path(directory) / file).string();
}

}  // namespace

std::vector<std::string> peft_adapter_files(const std::string& directory) {
  return {join(directory, kModelFile), join(directory, kConfigFile)};
}

void prepare_peft_directory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) throw Error(ErrorKind::output, directory, ": cannot be made: ", error.message());
  const AtomicFile probe(join(directory, kModelFile));  // gone again at the end of its scope
}

void save_peft_adapter(const std::string& directory, Model& model, const PeftConfig& config) {
  AdapterTensors tensors(config.bias == "all");
  model.visit(tensors);
  const std::string text = config_text(config, tensors.layers());

  prepare_peft_directory(directory);
  AtomicFile model_file(join(directory, kModelFile));
  AtomicFile config_file(join(directory, kConfigFile));
  model_file.write(tensors.file());
  config_file.write(std::as_bytes(std::span(text)));
  model_file.close_and_check();
  config_file.close_and_check();
  model_file.commit();
  config_file.commit();
}

}  // namespace lora
