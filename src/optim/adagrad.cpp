// Compiled without contraction of a·b+c: what is fused below is what PyTorch's own build fuses.
#include "lora/optim/adagrad.h"

#include <cmath>

namespace lora {

namespace {

/// The factors of one step, by value as in adam.cpp.
struct Factors {
  Real scale;
  Real l2;
  Real eps;
  Real negative_rate;
};

void update(Index n, const Factors f, Real* p, const Real* grad, Real* v) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.l2, grad[i] * f.scale);
    v[i] = std::fma(g, g, v[i]);
    p[i] += f.negative_rate * g / (std::sqrt(v[i]) + f.eps);
  }
}

}  // namespace

Adagrad::Adagrad(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups)
    : eps_(options.eps.value_or(*kDefaults.eps)), slots_("adagrad", {"v"}, groups) {}

void Adagrad::step(double lr, double scale) {
  for (Slot& slot : slots_) {
    const Factors factors{static_cast<Real>(scale), static_cast<Real>(slot.weight_decay),
                          static_cast<Real>(eps_), static_cast<Real>(-(lr * slot.lr_ratio))};
    Parameter& parameter = *slot.parameter;
    update(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data(),
           slot.moments[0].data());
  }
}

void Adagrad::visit_state(StateVisitor& visitor) {
  slots_.visit_state(visitor);
}

}  // namespace lora
