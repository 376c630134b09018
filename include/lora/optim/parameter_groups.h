// Which learning rate and which weight decay a trained parameter gets.
#pragma once

#include <vector>

#include "lora/optim/optimizer.h"

namespace lora {

/// What a trained parameter is in its layer.
enum class ParameterRole {
  weight,     ///< A of an adapter, or a whole weight
  lora_b,     ///< B of an adapter
  magnitude,  ///< the length of each row of a weight (DoRA)
  bias,
};

struct TrainedParameter {
  Parameter* parameter;
  ParameterRole role;
};

struct ParameterGroupOptions {
  double weight_decay = 0;
  bool decay_bias = false;  ///< weight decay for biases as well
  double lr_b_ratio = 1;    ///< learning rate of B over that of A (LoRA+, arXiv 2402.12354)
};

/// Groups as PEFT's create_loraplus_optimizer makes them: the higher learning rate is that of B and
/// of all vectors, magnitudes and biases too; weight decay is for everything but biases. A group
/// has its parameters in the order in which they come; no group is empty.
std::vector<ParameterGroup> parameter_groups(const std::vector<TrainedParameter>& parameters,
                                             const ParameterGroupOptions& options);

}  // namespace lora
