#include "lora/nn/activation.h"

#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::fractions;

namespace {

double gelu_tanh_of(double x) {
  const double u = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
  return 0.5 * x * (1 + std::tanh(u));
}

/// The definitions in torch.nn's documentation, in double.
const std::map<std::string, std::function<double(double)>>& definitions() {
  static const std::map<std::string, std::function<double(double)>> all = {
      {"relu", [](double x) { return x > 0 ? x : 0; }},
      {"gelu", [](double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); }},
      {"gelu_tanh", gelu_tanh_of},
      {"silu", [](double x) { return x / (1 + std::exp(-x)); }},
      {"tanh", [](double x) { return std::tanh(x); }},
  };
  return all;
}

Matrix applied(const ActivationKind& kind, const Matrix& x) {
  Matrix y(x.rows(), x.cols());
  kind.forward(x, y, Compute{});
  return y;
}

Matrix derivative(const ActivationKind& kind, const Matrix& x, int threads = 1) {
  Matrix dx = Matrix::Constant(x.rows(), x.cols(), 0.5);
  kind.backward(x, Matrix::Ones(x.rows(), x.cols()), dx, Compute{threads});
  return dx.array() - Real{0.5};
}

}  // namespace

TEST_CASE("every activation is the function that PyTorch documents", "[nn][activation]") {
  for (const ActivationKind& kind : activation_kinds()) {
    INFO(kind.name);
    const auto& definition = definitions().at(std::string(kind.name));
    Matrix x(1, 4001);
    for (Index j = 0; j < x.cols(); ++j) x(0, j) = static_cast<Real>(j - 2000) / 200;
    const Matrix y = applied(kind, x);
    double worst = 0;
    for (Index j = 0; j < x.cols(); ++j) {
      const auto at = static_cast<double>(x(0, j));
      // What 1 + erf or 1 + tanh loses near −1 is multiplied by x.
      worst = std::max(worst, std::abs(static_cast<double>(y(0, j)) - definition(at)) /
                                  std::max(1.0, std::abs(at)));
    }
    CHECK(worst < 2.5e-7);
  }
}

TEST_CASE("every activation's derivative is that of its definition", "[nn][activation]") {
  constexpr double kStep = 1e-6;
  for (const ActivationKind& kind : activation_kinds()) {
    INFO(kind.name);
    const auto& definition = definitions().at(std::string(kind.name));
    const Matrix x = fractions(300, 33, 4) * Real{6};
    const Matrix dx = derivative(kind, x);
    double worst = 0;
    for (Index i = 0; i < x.size(); ++i) {
      const auto at = static_cast<double>(x.data()[i]);
      const double wanted = (definition(at + kStep) - definition(at - kStep)) / (2 * kStep);
      worst = std::max(worst, std::abs(static_cast<double>(dx.data()[i]) - wanted));
    }
    CHECK(worst < 5e-6);  // 1 − tanh² loses as much where it is multiplied by 14
  }
}

TEST_CASE("no activation hides a number that is not finite", "[nn][activation]") {
  constexpr Real kInfinity = std::numeric_limits<Real>::infinity();
  constexpr Real kNaN = std::numeric_limits<Real>::quiet_NaN();
  for (const ActivationKind& kind : activation_kinds()) {
    INFO(kind.name);
    const Matrix y = applied(kind, Matrix::Constant(3, 37, kNaN));
    CHECK(y.array().isNaN().all());
    const bool bounded = kind.name == "tanh";
    const Matrix largest = applied(kind, Matrix::Constant(1, 21, kInfinity));
    CHECK((largest.array() == (bounded ? Real{1} : kInfinity)).all());
  }
}

TEST_CASE("an activation is the same on any number of threads", "[nn][activation]") {
  const Matrix x = fractions(1500, 257, 5) * Real{4};
  for (const ActivationKind& kind : activation_kinds()) {
    INFO(kind.name);
    Matrix one(x.rows(), x.cols());
    Matrix three(x.rows(), x.cols());
    kind.forward(x, one, Compute{1});
    kind.forward(x, three, Compute{3});
    CHECK(one == three);
    CHECK(derivative(kind, x, 1) == derivative(kind, x, 3));
  }
}

TEST_CASE("the table of activations has no two of one name", "[nn][activation]") {
  CHECK(activation_kinds().size() == definitions().size());
  for (const ActivationKind& kind : activation_kinds()) {
    CHECK(definitions().contains(std::string(kind.name)));
    CHECK_FALSE(kind.help.empty());
  }
}
