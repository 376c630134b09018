#include "lora/loss/mse.h"

#include <limits>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;

TEST_CASE("the squared errors are summed exactly where they can be, with elements as weight",
          "[loss][mse]") {
  const Compute compute;
  const std::vector<std::pair<Index, Index>> shapes = {
      {1, 1}, {5, 3}, {257, 2}, {600, 33}, {2, 999}};
  for (const auto& [n, out] : shapes) {
    INFO(n << " × " << out);
    const Matrix wide_y = eighths(n, out + 2, 1);
    const Matrix wide_t = eighths(n, out + 3, 2);
    const View y = wide_y.middleCols(1, out);
    const View t = wide_t.middleCols(2, out);
    double sum = 0;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < out; ++j)
        sum += static_cast<double>((y(i, j) - t(i, j)) * (y(i, j) - t(i, j)));
    }
    Matrix grad = Matrix::Constant(n, out, std::numeric_limits<Real>::quiet_NaN());
    MutableView grad_view(grad);
    const LossSum loss = MeanSquaredError().evaluate(y, {{}, y, t, {}, {}}, &grad_view, compute);
    CHECK(loss.sum == sum);
    CHECK(loss.weight == static_cast<double>(n * out));
    CHECK(grad == 2 * (y - t));
  }
}

TEST_CASE("squared errors are summed in double", "[loss][mse]") {
  // In float, 2²⁴ swallows every further 1.
  Matrix y = Matrix::Ones(1, 1001);
  y(0, 0) = 4096;
  const Matrix t = Matrix::Zero(1, 1001);
  const LossSum loss = MeanSquaredError().evaluate(y, {{}, y, View(t), {}, {}}, nullptr, Compute());
  CHECK(loss.sum == 16777216.0 + 1000.0);
  CHECK(loss.mean() == (16777216.0 + 1000.0) / 1001.0);
}
