#include "lora/ops/bias.h"

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;

TEST_CASE("a bias is added to every row, in place or into another matrix", "[ops][bias]") {
  const Compute compute;
  for (const Index n : {0, 1, 3, 256, 257, 600}) {
    INFO(n << " rows");
    const Matrix z = eighths(n, 5, 1);
    const Matrix b = eighths(1, 5, 2);
    Matrix wide = Matrix::Constant(n + 2, 9, -7);
    add_bias(z, b, wide.block(1, 2, n, 5), compute);
    Matrix same = z;
    add_bias(same, b, same, compute);
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < 5; ++j) REQUIRE(wide(i + 1, j + 2) == z(i, j) + b(0, j));
    }
    CHECK(same == wide.block(1, 2, n, 5));
    wide.block(1, 2, n, 5).setConstant(-7);
    CHECK((wide.array() == -7).all());
  }
}

TEST_CASE("the gradient of a bias adds the sum over rows", "[ops][bias]") {
  for (const Index n : {0, 1, 3, 256, 257, 600}) {
    INFO(n << " rows");
    const Matrix wide = eighths(n + 1, 9, 1);
    const auto dy = wide.block(0, 2, n, 5);
    Matrix db = eighths(1, 5, 2);
    Matrix expected = db;
    for (Index i = 0; i < n; ++i) {
      for (Index j = 0; j < 5; ++j) expected(0, j) += dy(i, j);
    }
    add_bias_backward(dy, db);
    CHECK(db == expected);
  }
}
