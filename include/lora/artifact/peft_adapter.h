// The directory in which PEFT keeps an adapter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/artifact/peft_config.h"
#include "lora/artifact/run_record.h"
#include "lora/io/safetensors.h"
#include "lora/model/model.h"

namespace lora {

/// The paths that save_peft_adapter() writes.
std::vector<std::string> peft_adapter_files(const std::string& directory);

/// Makes `directory` if it is not there, and finds out whether files can be made in it: before a
/// long run, not after it. Throws Error(output).
void prepare_peft_directory(const std::string& directory);

/// Writes into `directory` adapter_model.safetensors (lora_A and lora_B of each layer, and its bias
/// if config.bias says so), adapter_config.json (config, with the adapted layers of `model` as
/// targets), lora_train.json and a README.md. All are complete and checked before the first
/// replaces what was there. Throws Error(output).
void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config,
                       const RunRecord& record);

/// What an adapter adds to the weight of a layer: scale·B·A.
struct LoraLayer {
  Matrix A;  ///< (rank, in)
  Matrix B;  ///< (out, rank)
  double scale;
};

/// An adapter as a directory has it.
class PeftAdapter {
 public:
  /// Reads the configuration and the header of the tensors. Throws Error(input) if one of the files
  /// is missing or not as PEFT writes it.
  explicit PeftAdapter(const std::string& directory);

  const std::string& directory() const { return directory_; }
  const PeftConfig& config() const { return config_; }
  const SafetensorsFile& tensors() const { return tensors_; }

  /// The layers that have a lora_A, by their paths, in the order of the file.
  std::vector<std::string> layers() const;

  /// In and out features of the layer at `path`, one of layers().
  Index in_features(const std::string& path) const;
  Index out_features(const std::string& path) const;

  /// The factors of the layer at `path`, one of layers(), and the scale before their product.
  /// Throws Error(input) for a tensor that is missing, of another shape than the configuration's
  /// rank and these features need, or not finite.
  LoraLayer layer(const std::string& path, Index in, Index out) const;

  /// The trained bias of the layer at `path`, (1, out), if it comes with the adapter.
  std::optional<Matrix> bias(const std::string& path, Index out) const;

  /// Gives the layers of `model` their adapters, and their biases if they come with it. Throws
  /// Error(input) for a tensor that fits no layer, one that is missing or of another shape, and a
  /// pattern that fits no layer.
  void attach_to(Model& model) const;

 private:
  std::string directory_;
  PeftConfig config_;
  SafetensorsFile tensors_;
};

}  // namespace lora
