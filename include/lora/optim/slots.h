// The parameters of an optimiser with what it remembers of each.
#pragma once

#include <string>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/core/state.h"
#include "lora/optim/optimizer.h"

namespace lora {

/// One parameter, the settings of its group, and the optimiser's moments of it.
struct Slot {
  Parameter* parameter;
  double weight_decay;
  double lr_ratio;
  std::vector<Matrix> moments;  ///< each of the parameter's shape
};

class Slots {
 public:
  /// A slot for each parameter, group after group. For every name in `moments` there is a matrix,
  /// which starts as zeros.
  Slots(std::string optimizer, std::vector<std::string> moments,
        const std::vector<ParameterGroup>& groups);

  auto begin() { return slots_.begin(); }
  auto end() { return slots_.end(); }

  /// Shows the moments as "<optimizer>.<moment>.<slot, from 0>". Throws Error(input) if one was put
  /// back whose shape is not its parameter's.
  void visit_state(StateVisitor& visitor);

 private:
  std::string optimizer_;
  std::vector<std::string> names_;  ///< of the moments
  std::vector<Slot> slots_;
};

}  // namespace lora
