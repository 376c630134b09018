// Compiled without contraction of a·b+c: what is fused below is what PyTorch's own build fuses.
#include "lora/optim/adam.h"

#include <cmath>

namespace lora {

namespace {

/// The factors of one step. Scalars are computed in double and rounded once, as PyTorch does.
struct Factors {
  Real scale;
  Real weight_decay;
  Real beta2;
  Real one_minus_beta1;
  Real one_minus_beta2;
  Real root_correction2;
  Real eps;
  Real negative_step;
};

void update(Index n, const Factors& f, Real* p, const Real* grad, Real* m, Real* v) {
  for (Index i = 0; i < n; ++i) {
    const Real g = std::fma(p[i], f.weight_decay, grad[i] * f.scale);
    // PyTorch's lerp starts from the nearer end.
    m[i] = f.one_minus_beta1 < Real{0.5} ? std::fma(f.one_minus_beta1, g - m[i], m[i])
                                         : std::fma(f.one_minus_beta1 - Real{1}, g - m[i], g);
    v[i] = std::fma(f.one_minus_beta2 * g, g, v[i] * f.beta2);
    const Real denominator = std::sqrt(v[i]) / f.root_correction2 + f.eps;
    p[i] += f.negative_step * m[i] / denominator;
  }
}

}  // namespace

Adam::Adam(const OptimizerOptions& options, const std::vector<ParameterGroup>& groups)
    : beta1_(options.beta1.value_or(0.9)),
      beta2_(options.beta2.value_or(0.999)),
      eps_(options.eps.value_or(1e-8)) {
  for (const ParameterGroup& group : groups) {
    for (Parameter* parameter : group.parameters) {
      const Matrix zero = Matrix::Zero(parameter->value.rows(), parameter->value.cols());
      slots_.push_back({parameter, group.weight_decay, zero, zero});
    }
  }
}

std::unique_ptr<Optimizer> Adam::make(const OptimizerOptions& options,
                                      const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Adam>(options, groups);
}

void Adam::step(double lr, double scale) {
  ++time_;
  const auto t = static_cast<double>(time_);
  const double correction1 = 1 - std::pow(beta1_, t);
  const double correction2 = 1 - std::pow(beta2_, t);
  for (Slot& slot : slots_) {
    const Factors factors{static_cast<Real>(scale),      static_cast<Real>(slot.weight_decay),
                          static_cast<Real>(beta2_),     static_cast<Real>(1 - beta1_),
                          static_cast<Real>(1 - beta2_), static_cast<Real>(std::sqrt(correction2)),
                          static_cast<Real>(eps_),       static_cast<Real>(-(lr / correction1))};
    Parameter& parameter = *slot.parameter;
    update(parameter.value.size(), factors, parameter.value.data(), parameter.grad.data(),
           slot.m.data(), slot.v.data());
  }
}

void Adam::visit_state(StateVisitor& visitor) {
  visitor.whole("adam.time", time_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    visitor.matrix("adam.m." + std::to_string(i), slots_[i].m);
    visitor.matrix("adam.v." + std::to_string(i), slots_[i].v);
  }
}

}  // namespace lora
