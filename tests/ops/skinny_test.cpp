#include "lora/ops/skinny.h"

#include <algorithm>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;

namespace {

DoubleMatrix numbers(Index rows, Index cols, std::uint32_t seed) {
  return eighths(rows, cols, seed).cast<double>();
}

}  // namespace

TEST_CASE("products with few rows are the sums that they say, at every edge", "[ops][skinny]") {
  for (const Index n : {1, 3, 4, 17, 130}) {
    for (const Index k : {1, 7, 8, 33, 513, 1030}) {
      for (const Index r : {1, 2, 3, 8, 21}) {
        INFO(n << " × " << k << ", rank " << r);
        // With eighths every sum is exact, whatever its order.
        const DoubleMatrix X = numbers(n, k, 1);
        const DoubleMatrix W = numbers(r, k, 2);
        DoubleMatrix h = DoubleMatrix::Constant(n, r, 99);
        skinny_product(X, W, h);
        CHECK(h == X * W.transpose());
        DoubleMatrix C = numbers(r, k, 3);
        add_skinny_product_tn(h, X, C);
        CHECK(C == numbers(r, k, 3) + h.transpose() * X);
      }
    }
  }
}

TEST_CASE("products with few rows take windows", "[ops][skinny]") {
  const DoubleMatrix X = numbers(20, 40, 1);
  const DoubleMatrix W = numbers(6, 40, 2);
  DoubleMatrix h = DoubleMatrix::Zero(20, 6);
  skinny_product(X.block(3, 5, 9, 21), W.block(1, 5, 3, 21), h.block(3, 2, 9, 3));
  CHECK(h.block(3, 2, 9, 3) == X.block(3, 5, 9, 21) * W.block(1, 5, 3, 21).transpose());
  h.block(3, 2, 9, 3).setZero();
  CHECK(h.isZero(0));
}
