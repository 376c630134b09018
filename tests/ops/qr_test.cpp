#include "lora/ops/qr.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;

namespace {

double largest(const DoubleMatrix& M) {
  return M.cwiseAbs().maxCoeff();
}

}  // namespace

TEST_CASE("a QR factorisation has orthonormal columns, a triangle, and the matrix as product",
          "[ops][qr]") {
  const std::vector<std::pair<Index, Index>> shapes = {{1, 1}, {4, 4}, {7, 3}, {3, 7}, {60, 50}};
  for (const auto& [rows, cols] : shapes) {
    INFO(rows << " × " << cols);
    const DoubleMatrix M = test::fractions(rows, cols, 1).cast<double>();
    const Index k = std::min(rows, cols);
    const Qr parts = qr(M);
    REQUIRE(parts.Q.cols() == k);
    REQUIRE(parts.R.rows() == k);
    CHECK(largest(parts.Q * parts.R - M) < 1e-14 * static_cast<double>(rows));
    CHECK(largest(parts.Q.transpose() * parts.Q - DoubleMatrix::Identity(k, k)) < 1e-14);
    CHECK(parts.R.triangularView<Eigen::StrictlyLower>().toDenseMatrix().isZero(0));
  }
}

TEST_CASE("the signs of a QR factorisation are LAPACK's", "[ops][qr]") {
  // numpy.linalg.qr([[1, 2], [3, 4]]), and of [[-1, 2, 0], [0, 3, 1]]: the last row is reflected
  // only if there is something below it.
  const Qr square = qr(DoubleMatrix{{1, 2}, {3, 4}});
  CHECK(largest(square.R - DoubleMatrix{{-3.16227766, -4.42718872}, {0, -0.63245553}}) < 1e-8);
  CHECK(largest(square.Q - DoubleMatrix{{-0.31622777, -0.94868330}, {-0.94868330, 0.31622777}}) <
        1e-8);
  const Qr wide = qr(DoubleMatrix{{-1, 2, 0}, {0, 3, 1}});
  CHECK(largest(wide.R - DoubleMatrix{{-1, 2, 0}, {0, 3, 1}}) < 1e-15);
  CHECK(largest(wide.Q - DoubleMatrix::Identity(2, 2)) < 1e-15);
}
