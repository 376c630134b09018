// Compiled without contraction of a·b+c: what is fused below is what PyTorch's own build fuses.
#include "lora/optim/rmsprop.h"

#include <cmath>
#include <string>

namespace lora {

namespace {

/// The factors of one step, by value as in adam.cpp.
struct Factors {
  Real scale;
  Real l2;
  Real beta2;
  Real one_minus_beta2;
  Real eps;
  Real momentum;
  Real negative_rate;
};

void update(Index n, const Factors f, Real* p, const Real* grad, Real* v) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.l2, grad[i] * f.scale);
    v[i] = std::fma(f.one_minus_beta2 * g, g, v[i] * f.beta2);
    p[i] += f.negative_rate * g / (std::sqrt(v[i]) + f.eps);
  }
}

void update(Index n, const Factors f, Real* p, const Real* grad, Real* v, Real* m) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.l2, grad[i] * f.scale);
    v[i] = std::fma(f.one_minus_beta2 * g, g, v[i] * f.beta2);
    m[i] = m[i] * f.momentum + g / (std::sqrt(v[i]) + f.eps);
    p[i] = std::fma(m[i], f.negative_rate, p[i]);
  }
}

std::vector<std::string> moments_with(double momentum) {
  if (momentum == 0) return {"v"};
  return {"v", "momentum"};
}

}  // namespace

RmsProp::RmsProp(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups)
    : beta2_(options.beta2.value_or(*kDefaults.beta2)),
      eps_(options.eps.value_or(*kDefaults.eps)),
      momentum_(options.momentum),
      slots_("rmsprop", moments_with(options.momentum), groups) {}

void RmsProp::step(double lr, double scale) {
  for (Slot& slot : slots_) {
    const Factors factors{static_cast<Real>(scale),
                          static_cast<Real>(slot.weight_decay),
                          static_cast<Real>(beta2_),
                          static_cast<Real>(1 - beta2_),
                          static_cast<Real>(eps_),
                          static_cast<Real>(momentum_),
                          static_cast<Real>(-(lr * slot.lr_ratio))};
    Parameter& parameter = *slot.parameter;
    Real* p = parameter.value.data();
    const Real* grad = parameter.grad.data();
    if (slot.moments.size() == 1) {
      update(parameter.value.size(), factors, p, grad, slot.moments[0].data());
    } else {
      update(parameter.value.size(), factors, p, grad, slot.moments[0].data(),
             slot.moments[1].data());
    }
  }
}

void RmsProp::visit_state(StateVisitor& visitor) {
  slots_.visit_state(visitor);
}

}  // namespace lora
