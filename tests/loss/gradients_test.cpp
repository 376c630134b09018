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

struct Setting {
  std::string name;
  bool row_weights;
  bool class_weights;
  double label_smoothing;
};

const std::vector<Setting> kSettings = {
    {"no weights", false, false, 0},   {"row weights", true, false, 0},
    {"class weights", false, true, 0}, {"both weights", true, true, 0},
    {"smoothing", false, false, 0.3},  {"smoothing and both weights", true, true, 0.3}};

// Losses are summed in blocks of 256 rows.
const std::vector<Shape> kShapes = {{1, 1}, {1, 5}, {7, 3}, {256, 2}, {300, 4}};

void check_gradient(const LossKind& kind, const Shape& shape, const Setting& setting) {
  INFO(kind.name << ", " << shape.n << " × " << shape.out << ", " << setting.name);
  const Index out = shape.out;
  const Index n = kind.task == Task::retrieval ? shape.n + shape.n % 2 : shape.n;  // pairs
  Matrix wide = 3 * fractions(n, out + 3, 1);
  MutableView y = wide.middleCols(1, out);
  const Matrix targets = fractions(n, out, 2);
  std::vector<std::int32_t> labels;
  std::vector<Real> row_weights;
  for (Index i = 0; i < n; ++i) {
    labels.push_back(static_cast<std::int32_t>(i * 7 % out));
    if (setting.row_weights) row_weights.push_back(static_cast<Real>((i * 5 + 3) % 8) / 3);
  }
  LossOptions options;
  options.label_smoothing = setting.label_smoothing;
  options.temperature = 0.7;
  for (Index j = 0; setting.class_weights && j < out; ++j) {
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
  if (expected.isZero(1e-9)) {
    CHECK(grad.isZero(1e-12));  // one class, one direction, or one document
  } else {
    // Cosines with short rows bend within a step of the differences.
    CHECK(relative_error(grad, expected) < (kind.task == Task::retrieval ? 1e-6 : 1e-7));
  }
}

}  // namespace

TEST_CASE("the gradient of every loss is its finite difference", "[loss]") {
  REQUIRE_FALSE(loss_kinds().empty());
  for (const LossKind& kind : loss_kinds()) {
    for (const Shape& shape : kShapes) {
      for (const Setting& setting : kSettings) {
        if (setting.class_weights && !kind.uses.class_weights) continue;
        if (setting.label_smoothing > 0 && !kind.uses.label_smoothing) continue;
        check_gradient(kind, shape, setting);
      }
    }
  }
}
