#include "lora/optim/adam.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lora/optim/optimizer.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/same_bits.h"

using namespace lora;
using lora::test::fractions;
using lora::test::relative_error;
using lora::test::same_bits;

namespace {

constexpr double kTolerance = sizeof(Real) == 8 ? 1e-13 : 2e-6;

struct Settings {
  double beta1;
  double beta2;
  double eps;
  double lr;
  double scale;
};

const std::vector<Settings> kSettings = {
    {0.9, 0.999, 1e-8, 0.01, 1.0 / 640},
    {0.3, 0.9, 0.05, 0.1, 0.5},  // 1 − beta1 above a half; an eps that counts
    {0.5, 0.99, 1e-3, 0.02, 3},
    {0, 0.5, 1e-4, 0.05, 1},
};

using Wide = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// One parameter under Adam as the paper has it, in double.
struct PlainAdam {
  PlainAdam(const Matrix& start, double weight_decay)
      : p(start.cast<double>()),
        m(Wide::Zero(p.rows(), p.cols())),
        v(Wide::Zero(p.rows(), p.cols())),
        decay(weight_decay) {}

  void step(const Settings& s, const Matrix& grad, int time) {
    const Wide g = s.scale * grad.cast<double>() + decay * p;
    m = s.beta1 * m + (1 - s.beta1) * g;
    v = s.beta2 * v + (1 - s.beta2) * g.cwiseAbs2();
    const Wide m_hat = m / (1 - std::pow(s.beta1, time));
    const Wide v_hat = v / (1 - std::pow(s.beta2, time));
    p.array() -= s.lr * m_hat.array() / (v_hat.array().sqrt() + s.eps);
  }

  Wide p;
  Wide m;
  Wide v;
  double decay;
};

Parameter trained(Index rows, Index cols, std::uint32_t seed) {
  Parameter parameter{fractions(rows, cols, seed), {}};
  parameter.set_trainable(true);
  return parameter;
}

}  // namespace

TEST_CASE("Adam follows the plain formulas in double over 50 steps, with groups and weight decay",
          "[optim][adam]") {
  for (const Settings& s : kSettings) {
    INFO("beta1 " << s.beta1 << ", beta2 " << s.beta2 << ", eps " << s.eps);
    std::vector<Parameter> parameters = {trained(3, 5, 1), trained(1, 7, 2), trained(9, 4, 3)};
    const std::vector<double> decays = {0, 0, 0.1};
    std::vector<PlainAdam> plain;
    for (std::size_t i = 0; i < 3; ++i) plain.emplace_back(parameters[i].value, decays[i]);
    Adam adam({s.beta1, s.beta2, s.eps},
              {{{&parameters[0], &parameters[1]}, 0}, {{&parameters[2]}, 0.1}});
    for (int time = 1; time <= 50; ++time) {
      for (std::size_t i = 0; i < 3; ++i) {
        Parameter& parameter = parameters[i];
        const auto seed = static_cast<std::uint32_t>(100 * time) + static_cast<std::uint32_t>(i);
        parameter.grad = fractions(parameter.value.rows(), parameter.value.cols(), seed);
        plain[i].step(s, parameter.grad, time);
      }
      adam.step(s.lr, s.scale);
    }
    for (std::size_t i = 0; i < 3; ++i) {
      INFO("parameter " << i);
      CHECK(relative_error(parameters[i].value, plain[i].p.cast<Real>()) < kTolerance);
    }
  }
}

TEST_CASE("all parameters of an Adam share one count of steps", "[optim][adam]") {
  Parameter alone = trained(3, 5, 1);
  std::vector<Parameter> together(4, alone);
  Adam one({}, {{{&alone}, 0}});
  Adam four({}, {{{&together[0], &together[1]}, 0}, {{&together[2]}, 0}, {{&together[3]}, 0}});
  for (std::uint32_t step = 0; step < 10; ++step) {
    alone.grad = fractions(3, 5, 100 + step);
    for (Parameter& parameter : together) parameter.grad = alone.grad;
    one.step(0.01, 1);
    four.step(0.01, 1);
  }
  for (const Parameter& parameter : together) CHECK(same_bits(parameter.value, alone.value));
}

TEST_CASE("options that are not given are PyTorch's defaults", "[optim][adam]") {
  Parameter by_default = trained(3, 5, 1);
  Parameter spelt_out = by_default;
  Adam first({}, {{{&by_default}, 0}});
  Adam second({0.9, 0.999, 1e-8}, {{{&spelt_out}, 0}});
  for (std::uint32_t step = 0; step < 5; ++step) {
    by_default.grad = spelt_out.grad = Real{1e-6F} * fractions(3, 5, 100 + step);
    first.step(0.01, 1);
    second.step(0.01, 1);
  }
  CHECK(same_bits(by_default.value, spelt_out.value));
}

TEST_CASE("AdamW shrinks a parameter by lr times the decay, whatever its gradient",
          "[optim][adam]") {
  Parameter parameter{Matrix::Constant(1, 1, 2), {}};
  parameter.set_trainable(true);
  parameter.grad(0, 0) = 3;
  // 2 · (1 − 0.5 · 0.5), then 0.5 · 3 / (3 + 1) less.
  Adam({{}, {}, 1}, {{{&parameter}, 0.5}}, WeightDecay::decoupled).step(0.5, 1);
  CHECK(relative_error(parameter.value, Matrix::Constant(1, 1, Real{1.125F})) < kTolerance);

  // The same decay in the gradient: 2 − 0.5 · 4 / (4 + 4).
  parameter.value(0, 0) = 2;
  Adam({{}, {}, 4}, {{{&parameter}, 0.5}}).step(0.5, 1);
  CHECK(relative_error(parameter.value, Matrix::Constant(1, 1, Real{1.75F})) < kTolerance);
}
