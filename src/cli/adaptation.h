// What of a model is trained.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base_model.h"
#include "lora/artifact/peft_config.h"
#include "lora/core/rng.h"
#include "lora/nn/linear.h"
#include "options.h"

namespace lora::cli {

/// A linear layer, by its path.
struct NamedLinear {
  std::string path;
  Linear* layer;
};

/// All linear layers of a model, in the order of the walk.
std::vector<NamedLinear> linears_of(Model& model);

/// Gives the layers that the options choose their adapters, drawn in the order of the walk, or the
/// model those of `start`; makes biases trainable. Returns what the adapter is, as it will be
/// saved.
PeftConfig adapt(BaseModel& base, const Options& options, const std::optional<SavedAdapter>& start,
                 Rng& rng);

/// What adapt() will do to a layer.
struct LayerPlan {
  Index in;
  Index out;
  double bytes;            ///< of its weight in its file
  Index rank = 0;          ///< of its factors; 0 if it gets none
  bool dense = false;      ///< the whole weight is trained
  bool magnitude = false;  ///< a number an output is trained
  bool bias = false;       ///< and so is the bias

  bool trains() const { return rank > 0 || dense || bias; }
  double trained() const;  ///< numbers
};

std::vector<LayerPlan> planned_layers(Model& model, const Options& options,
                                      const std::optional<SavedAdapter>& start);

/// The one layer of a base that will be drawn.
LayerPlan planned_layer(Index in, Index out, const Options& options);

}  // namespace lora::cli
