// Gradients of every loss of the table against finite differences, in double.
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "lora/loss/loss.h"
#include "support/catch.h"
#include "support/finite_differences.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::finite_differences;
using lora::test::fractions;
using lora::test::relative_error;

namespace {

struct Shape {
  Index n;
  Index out;
};

struct Weights {
  std::string name;
  bool of_rows;
  bool of_classes;
};

const std::vector<Weights> kWeights = {{"no weights", false, false},
                                       {"row weights", true, false},
                                       {"class weights", false, true},
                                       {"both weights", true, true}};

// Losses are summed in blocks of 256 rows.
const std::vector<Shape> kShapes = {{1, 1}, {1, 5}, {7, 3}, {256, 2}, {300, 4}};

void check_gradient(const LossKind& kind, const Shape& shape, const Weights& weights) {
  INFO(kind.name << ", " << shape.n << " × " << shape.out << ", " << weights.name);
  const auto [n, out] = shape;
  Matrix wide = 3 * fractions(n, out + 3, 1);
  MutableView y = wide.middleCols(1, out);
  const Matrix targets = fractions(n, out, 2);
  std::vector<std::int32_t> labels;
  std::vector<Real> row_weights;
  for (Index i = 0; i < n; ++i) {
    labels.push_back(static_cast<std::int32_t>(i * 7 % out));
    if (weights.of_rows) row_weights.push_back(static_cast<Real>((i * 5 + 3) % 8) / 3);
  }
  LossOptions options;
  for (Index j = 0; weights.of_classes && j < out; ++j) {
    options.class_weights.push_back(0.7 + 0.45 * static_cast<double>(j));
  }
  const Batch batch{{}, y, View(targets), labels, std::nullopt, row_weights};
  const Compute compute;
  const auto loss = kind.make(options);

  Matrix wide_grad = Matrix::Constant(n, out + 3, std::numeric_limits<Real>::quiet_NaN());
  MutableView grad = wide_grad.middleCols(2, out);
  const LossSum with_gradient = loss->evaluate(y, batch, &grad, compute);
  const auto sum = [&] { return loss->evaluate(y, batch, nullptr, compute).sum; };
  CHECK(with_gradient.sum == Approx(sum()).epsilon(1e-14));
  const Matrix expected = finite_differences(y, sum);
  if (expected.isZero(0)) {
    CHECK(grad.isZero(0));  // the softmax of one class
  } else {
    CHECK(relative_error(grad, expected) < 1e-7);
  }
}

}  // namespace

TEST_CASE("the gradient of every loss is its finite difference", "[loss]") {
  REQUIRE_FALSE(loss_kinds().empty());
  for (const LossKind& kind : loss_kinds()) {
    for (const Shape& shape : kShapes) {
      for (const Weights& weights : kWeights) check_gradient(kind, shape, weights);
    }
  }
}
