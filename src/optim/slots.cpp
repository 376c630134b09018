#include "lora/optim/slots.h"

#include <cstddef>
#include <utility>

#include "lora/core/error.h"

namespace lora {

Slots::Slots(std::string optimizer, std::vector<std::string> moments,
             const std::vector<ParameterGroup>& groups)
    : optimizer_(std::move(optimizer)), names_(std::move(moments)) {
  for (const ParameterGroup& group : groups) {
    for (Parameter* parameter : group.parameters) {
      const Matrix zero = Matrix::Zero(parameter->value.rows(), parameter->value.cols());
      slots_.push_back({parameter, group.weight_decay, group.lr_ratio,
                        std::vector<Matrix>(names_.size(), zero)});
    }
  }
}

void Slots::visit_state(StateVisitor& visitor) {
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Matrix& value = slots_[i].parameter->value;
    for (std::size_t k = 0; k < names_.size(); ++k) {
      const std::string name = optimizer_ + "." + names_[k] + "." + std::to_string(i);
      Matrix& moment = slots_[i].moments[k];
      visitor.matrix(name, moment);
      if (moment.rows() != value.rows() || moment.cols() != value.cols()) {
        throw Error(ErrorKind::input, name, ": shape (", moment.rows(), ", ", moment.cols(),
                    "), but its parameter has (", value.rows(), ", ", value.cols(), ")");
      }
    }
  }
}

}  // namespace lora
