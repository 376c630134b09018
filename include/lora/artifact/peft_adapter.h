// Reading the directory in which PEFT keeps an adapter.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lora/artifact/peft_config.h"
#include "lora/io/safetensors.h"
#include "lora/model/model.h"

namespace lora {

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
  /// is missing or not as PEFT writes it, for an adapter of no layers or of zeros only, for tensors
  /// of no layer, and for patterns that fit none.
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

  /// The magnitude of the layer at `path`, (1, out), if the adapter is DoRA's. Throws Error(input)
  /// if it is missing or has another shape.
  std::optional<Matrix> magnitude(const std::string& path, Index out) const;

  /// The layers of which a trained bias comes with the adapter, but no factors.
  std::vector<std::string> layers_of_biases() const;

  /// The trained bias of the layer at `path`, (1, out), if it comes with the adapter.
  std::optional<Matrix> bias(const std::string& path, Index out) const;

  /// Before it is used as it is: throws Error(input) if A or B of each layer is 0, as B is before
  /// training, and no biases come with it.
  void check_adds_something() const;

  /// Gives the layers of `model` their adapters, with that dropout while they are trained, and
  /// their biases if they come with it. Throws Error(input) for a tensor that fits no layer, and
  /// for one that is missing or of another shape.
  void attach_to(Model& model, double dropout = 0) const;

 private:
  void check_not_empty() const;
  void check_tensors() const;
  void check_patterns() const;

  std::string directory_;
  PeftConfig config_;
  SafetensorsFile tensors_;
};

}  // namespace lora
