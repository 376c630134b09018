// Compiled without contraction of a·b+c: what is fused below is what PyTorch's own build fuses.
#include "lora/optim/adam.h"

#include <cmath>

namespace lora {

namespace {

/// The factors of one step. Scalars are computed in double and rounded once, as PyTorch does.
struct Factors {
  Real scale;
  Real shrink;
  Real l2;
  Real lerp;
  bool lerp_from_gradient;
  Real beta2;
  Real one_minus_beta2;
  Real root_correction2;
  Real eps;
  Real negative_step;
};

// The factors come by value: a store to a parameter cannot change them, so that steps are taken in
// whole vectors.
void update(Index n, const Factors f, Real* p, const Real* grad, Real* m, Real* v) {
  for (Index i = 0; i < n; ++i) {
    const Real shrunk = p[i] * f.shrink;
    const Real g = std::fma(shrunk, f.l2, grad[i] * f.scale);
    const Real difference = g - m[i];
    m[i] = std::fma(f.lerp, difference, f.lerp_from_gradient ? g : m[i]);
    v[i] = std::fma(f.one_minus_beta2 * g, g, v[i] * f.beta2);
    const Real denominator = std::sqrt(v[i]) / f.root_correction2 + f.eps;
    p[i] = shrunk + f.negative_step * m[i] / denominator;
  }
}

}  // namespace

Adam::Adam(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups,
           WeightDecay weight_decay)
    : beta1_(options.beta1.value_or(*kDefaults.beta1)),
      beta2_(options.beta2.value_or(*kDefaults.beta2)),
      eps_(options.eps.value_or(*kDefaults.eps)),
      weight_decay_(weight_decay),
      slots_(weight_decay == WeightDecay::l2 ? "adam" : "adamw", {"m", "v"}, groups) {}

void Adam::step(double lr, double scale) {
  ++time_;
  const auto t = static_cast<double>(time_);
  const double correction1 = 1 - std::pow(beta1_, t);
  const double correction2 = 1 - std::pow(beta2_, t);
  // PyTorch's lerp starts from the nearer end.
  const auto one_minus_beta1 = static_cast<Real>(1 - beta1_);
  const bool from_gradient = one_minus_beta1 >= Real{0.5};
  const bool decoupled = weight_decay_ == WeightDecay::decoupled;
  for (Slot& slot : slots_) {
    const double rate = lr * slot.lr_ratio;
    const Factors factors{static_cast<Real>(scale),
                          static_cast<Real>(decoupled ? 1 - rate * slot.weight_decay : 1),
                          static_cast<Real>(decoupled ? 0 : slot.weight_decay),
                          from_gradient ? one_minus_beta1 - 1 : one_minus_beta1,
                          from_gradient,
                          static_cast<Real>(beta2_),
                          static_cast<Real>(1 - beta2_),
                          static_cast<Real>(std::sqrt(correction2)),
                          static_cast<Real>(eps_),
                          static_cast<Real>(-(rate / correction1))};
    Parameter& parameter = *slot.parameter;
    update(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data(),
           slot.moments[0].data(), slot.moments[1].data());
  }
}

void Adam::visit_state(StateVisitor& visitor) {
  visitor.whole(weight_decay_ == WeightDecay::l2 ? "adam.time" : "adamw.time", time_);
  slots_.visit_state(visitor);
}

}  // namespace lora
