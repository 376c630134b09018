#include "lora/ops/frozen.h"

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"
#include "support/stored_weight.h"

using namespace lora;
using lora::test::eighths;
using lora::test::kStorages;
using lora::test::relative_error;
using lora::test::Storage;
using lora::test::StoredWeight;

namespace {

/// Rows of x, and the sides of the weight.
struct Shape {
  Index n;
  Index in;
  Index out;
};

// Weights of more than 256 rows as they are stored, whichever side that is, are unpacked in blocks.
const std::vector<Shape> kShapes = {{1, 1, 1},   {0, 3, 2},   {3, 5, 2},   {300, 4, 3},
                                    {2, 7, 256}, {2, 7, 600}, {2, 600, 7}, {3, 257, 258}};

void check_products(const Storage& storage, const Shape& shape) {
  INFO(storage.text() << ", " << shape.n << " rows, " << shape.in << " to " << shape.out);
  const Matrix x = eighths(shape.n, shape.in, 1);
  const Matrix dz = eighths(shape.n, shape.out, 2);
  const Matrix W = eighths(shape.out, shape.in, 3);
  const StoredWeight stored(W, storage);
  const FrozenMatrix frozen = stored.frozen();
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);

  Matrix z = Matrix::Constant(shape.n + 1, shape.out + 2, std::numeric_limits<Real>::quiet_NaN());
  frozen_product(x, frozen, z.block(0, 1, shape.n, shape.out), tape);
  CHECK(z.block(0, 1, shape.n, shape.out) == x * W.transpose());

  Matrix dx = Matrix::Ones(shape.n + 1, shape.in + 2);
  frozen_product_backward(dz, frozen, dx.block(0, 1, shape.n, shape.in), tape);
  CHECK(dx.block(0, 1, shape.n, shape.in) == Matrix::Ones(shape.n, shape.in) + dz * W);
  CHECK(tape.frames() == 0);
}

}  // namespace

TEST_CASE("products with a frozen weight are right in every element type and layout",
          "[ops][frozen]") {
  for (const Storage& storage : kStorages) {
    for (const Shape& shape : kShapes) check_products(storage, shape);
  }
}

TEST_CASE("rows of a frozen weight are unpacked as they are stored", "[ops][frozen]") {
  const Matrix W = eighths(6, 5, 1);
  for (const Storage& storage : kStorages) {
    INFO(storage.text());
    const StoredWeight stored(W, storage);
    const FrozenMatrix frozen = stored.frozen();
    const Matrix as_stored = storage.layout == Layout::out_in ? W : Matrix(W.transpose());
    Matrix rows = Matrix::Zero(2, as_stored.cols() + 3);
    unpack_rows(frozen, 3, rows.middleCols(1, as_stored.cols()));
    CHECK(rows.middleCols(1, as_stored.cols()) == as_stored.middleRows(3, 2));
    CHECK(rows.rightCols(2).isZero(0));
  }
}

TEST_CASE("outputs of a frozen weight are unpacked as rows, whatever its layout", "[ops][frozen]") {
  const Matrix W = eighths(6, 5, 1);
  for (const Storage& storage : kStorages) {
    INFO(storage.text());
    const StoredWeight stored(W, storage);
    Matrix rows = Matrix::Zero(2, W.cols() + 3);
    unpack_outputs(stored.frozen(), 3, rows.middleCols(1, W.cols()));
    CHECK(rows.middleCols(1, W.cols()) == W.middleRows(3, 2));
    CHECK(rows.rightCols(2).isZero(0));
  }
}

TEST_CASE("lengths of the rows of a weight plus products of factors are those of the sum",
          "[ops][frozen]") {
  for (const Storage& storage : kStorages) {
    for (const Shape& shape : kShapes) {
      INFO(storage.text() << ", " << shape.in << " to " << shape.out);
      const Matrix W = eighths(shape.out, shape.in, 1);
      const Matrix A = eighths(3, shape.in, 2);
      const Matrix B = eighths(shape.out, 3, 3);
      const Matrix A0 = eighths(2, shape.in, 4);
      const Matrix B0 = eighths(shape.out, 2, 5);
      const StoredWeight stored(W, storage);
      Compute compute;
      Tape tape(compute);
      Matrix norms(1, shape.out);
      const std::vector<LowRankTerm> terms = {{A, B, Real(0.5)}, {A0, B0, Real(-2)}};
      for (std::size_t count = 1; count <= terms.size(); ++count) {
        Matrix sum = W + Real(0.5) * B * A;
        if (count > 1) sum -= Real(2) * B0 * A0;
        output_norms(stored.frozen(), std::span(terms).first(count), norms, tape);
        CHECK(relative_error(norms, sum.rowwise().norm().transpose()) < 1e-6);
      }
    }
  }
}

TEST_CASE("the norm of a frozen weight is that of all its elements", "[ops][frozen]") {
  for (const Storage& storage : kStorages) {
    INFO(storage.text());
    Matrix W = Matrix::Zero(600, 2);  // in blocks, of whichever side is stored as rows
    W(0, 0) = 1;
    W(299, 1) = -4;
    W(599, 0) = 8;
    CHECK(norm_of(StoredWeight(W, storage).frozen()) == 9);  // 1 + 16 + 64 = 81
  }
}
