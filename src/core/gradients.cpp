#include "lora/core/gradients.h"

#include <stdexcept>
#include <utility>

namespace lora {

Gradients::Gradients(std::vector<Parameter*> parameters) : parameters_(std::move(parameters)) {
  Index size = 0;
  for (const Parameter* parameter : parameters_) size += parameter->grad.size();
  numbers_.setZero(size);
}

MutableViewMap Gradients::of(const Parameter& parameter) {
  Real* start = numbers_.data();
  for (const Parameter* known : parameters_) {
    const Matrix& grad = known->grad;
    if (known == &parameter) {
      return {start, grad.rows(), grad.cols(), Eigen::OuterStride<>(grad.cols())};
    }
    start += grad.size();
  }
  throw std::logic_error("Gradients::of: there is no room for this parameter");
}

void Gradients::add_to_parameters() const {
  Index first = 0;
  for (Parameter* parameter : parameters_) {
    Eigen::Map<Eigen::Matrix<Real, Eigen::Dynamic, 1>> own(parameter->grad.data(),
                                                           parameter->grad.size());
    own += numbers_.segment(first, own.size());
    first += own.size();
  }
}

}  // namespace lora
