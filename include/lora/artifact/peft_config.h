// adapter_config.json: what PEFT says of an adapter beside its tensors.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

/// Paths of layers, each with the rank of its adapter.
using LayerRanks = std::vector<std::pair<std::string, Index>>;

struct PeftConfig {
  std::string base_model = {};  ///< base_model_name_or_path; empty if the base is no file
  Index rank = 8;
  double alpha = 8;
  bool rslora = false;        ///< scale alpha / √rank instead of alpha / rank
  bool dora = false;          ///< the adapters come with magnitudes
  std::string bias = "none";  ///< none, all or lora_only: which biases come with the adapter
  bool fan_in_fan_out = false;
  std::vector<std::string> targets = {};                         ///< paths of the adapted layers
  std::vector<std::pair<std::string, Index>> rank_pattern = {};  ///< by the first that fits a path
  std::vector<std::pair<std::string, double>> alpha_pattern = {};  ///< likewise
  std::vector<std::string> unknown_keys = {};  ///< that were read and passed over

  /// Of the layer at `path`. Throws Error(input) for a pattern that is no regular expression.
  Index rank_of(const std::string& path) const;

  /// The layer's alpha over its rank, or with rsLoRA over its square root (Kalajdzievski, 2023,
  /// arXiv 2312.03732). Throws likewise.
  double scale_of(const std::string& path) const;

  /// Makes it a configuration of twice the rank, or of its patterns', at the same scale.
  void double_ranks();

  /// Makes it a configuration of adapters of these ranks for these layers, each of scale 1.
  void set_ranks(const LayerRanks& ranks);
};

/// Whether a key of a pattern means the layer at `path`: PEFT's rule, (.*\.)?(key)$ as a regular
/// expression. Throws Error(input) if it is none.
bool pattern_fits(const std::string& key, const std::string& path);

/// Only keys that PEFT of every version reads, in its own form: sorted, indented by two.
std::string peft_config_text(const PeftConfig& config);

/// Reads an adapter_config.json; absent keys have PEFT's defaults, and what PEFT 0.21 does not have
/// is passed over. Throws Error(input) for what is no LoRA, for values of the wrong type, and for
/// keys that change the numbers in a way that is not known here (aLoRA, KaSA, …).
PeftConfig parse_peft_config(std::string_view text, const std::string& path);

}  // namespace lora
