// Compiled without contraction of a·b+c: what is fused below is what PyTorch's own build fuses.
#include "lora/optim/sgd.h"

#include <cmath>
#include <string>

#include "lora/core/error.h"

namespace lora {

namespace {

/// The factors of one step, by value as in adam.cpp.
struct Factors {
  Real scale;
  Real l2;
  Real momentum;
  bool nesterov;
  Real negative_rate;
};

void descend(Index n, const Factors f, Real* p, const Real* grad) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.l2, grad[i] * f.scale);
    p[i] = std::fma(g, f.negative_rate, p[i]);
  }
}

void descend(Index n, const Factors f, Real* p, const Real* grad, Real* m) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.l2, grad[i] * f.scale);
    m[i] = m[i] * f.momentum + g;
    const Real ahead = std::fma(m[i], f.momentum, g);
    p[i] = std::fma(f.nesterov ? ahead : m[i], f.negative_rate, p[i]);
  }
}

std::vector<std::string> moments_with(double momentum) {
  if (momentum == 0) return {};
  return {"momentum"};
}

}  // namespace

Sgd::Sgd(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups)
    : momentum_(options.momentum),
      nesterov_(options.nesterov),
      slots_("sgd", moments_with(options.momentum), groups) {
  if (nesterov_ && !(momentum_ > 0)) {
    throw Error(ErrorKind::usage, "nesterov needs a momentum above 0, such as 0.9, not ",
                momentum_);
  }
}

void Sgd::step(double lr, double scale) {
  for (Slot& slot : slots_) {
    const Factors factors{static_cast<Real>(scale), static_cast<Real>(slot.weight_decay),
                          static_cast<Real>(momentum_), nesterov_,
                          static_cast<Real>(-(lr * slot.lr_ratio))};
    Parameter& parameter = *slot.parameter;
    if (slot.moments.empty()) {
      descend(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data());
    } else {
      descend(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data(),
              slot.moments[0].data());
    }
  }
}

void Sgd::visit_state(StateVisitor& visitor) {
  slots_.visit_state(visitor);
}

}  // namespace lora
