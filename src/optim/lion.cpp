// Compiled without contraction of a·b+c: what is fused below is what PyTorch would fuse.
#include "lora/optim/lion.h"

#include <cmath>

namespace lora {

namespace {

/// The factors of one step, by value as in adam.cpp.
struct Factors {
  Real scale;
  Real shrink;
  Real beta1;
  Real one_minus_beta1;
  Real beta2;
  Real one_minus_beta2;
  Real rate;
};

void update(Index n, const Factors f, Real* p, const Real* grad, Real* m) {
  for (Index i = 0; i < n; ++i) {
    const Real g = grad[i] * f.scale;
    const Real direction = std::fma(g, f.one_minus_beta1, m[i] * f.beta1);
    const Real down = direction > 0 ? f.rate : Real{0};
    const Real up = direction < 0 ? f.rate : Real{0};
    p[i] = p[i] * f.shrink - down + up;
    m[i] = std::fma(g, f.one_minus_beta2, m[i] * f.beta2);
  }
}

}  // namespace

Lion::Lion(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups)
    : beta1_(options.beta1.value_or(*kDefaults.beta1)),
      beta2_(options.beta2.value_or(*kDefaults.beta2)),
      slots_("lion", {"m"}, groups) {}

void Lion::step(double lr, double scale) {
  for (Slot& slot : slots_) {
    const double rate = lr * slot.lr_ratio;
    const Factors factors{
        static_cast<Real>(scale),  static_cast<Real>(1 - rate * slot.weight_decay),
        static_cast<Real>(beta1_), static_cast<Real>(1 - beta1_),
        static_cast<Real>(beta2_), static_cast<Real>(1 - beta2_),
        static_cast<Real>(rate)};
    Parameter& parameter = *slot.parameter;
    update(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data(),
           slot.moments[0].data());
  }
}

void Lion::visit_state(StateVisitor& visitor) {
  slots_.visit_state(visitor);
}

}  // namespace lora
