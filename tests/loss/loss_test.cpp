// What every loss of the table keeps to.
#include "lora/loss/loss.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"
#include "support/same_bits.h"

using namespace lora;
using lora::test::fractions;

namespace {

constexpr Index kOutputs = 16;

/// Outputs with targets and labels for them.
struct Case {
  explicit Case(Index n) : y(3 * fractions(n, kOutputs, 1)), targets(fractions(n, kOutputs, 2)) {
    for (Index i = 0; i < n; ++i) labels.push_back(static_cast<std::int32_t>(i * 7 % kOutputs));
  }

  Batch rows(Index first, Index n) const {
    const auto some =
        std::span(labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(n));
    return {{}, y.middleRows(first, n), View(targets.middleRows(first, n)), some, std::nullopt};
  }

  Matrix y;
  Matrix targets;
  std::vector<std::int32_t> labels;
};

}  // namespace

TEST_CASE("the parts of a batch have the loss and the gradients of the whole", "[loss]") {
  const Index n = 700;
  const Case all(n);
  const Compute compute;
  for (const LossKind& kind : loss_kinds()) {
    const auto loss = kind.make();
    Matrix grad(n, kOutputs);
    MutableView grad_view(grad);
    const LossSum whole = loss->evaluate(all.y, all.rows(0, n), &grad_view, compute);
    for (const Index half : {1, 256, 350, 699}) {
      INFO(kind.name << ", " << half << " rows and the others");
      Matrix parts(n, kOutputs);
      MutableView upper = parts.topRows(half);
      MutableView lower = parts.bottomRows(n - half);
      LossSum sum = loss->evaluate(all.y.topRows(half), all.rows(0, half), &upper, compute);
      sum += loss->evaluate(all.y.bottomRows(n - half), all.rows(half, n - half), &lower, compute);
      CHECK(sum.weight == whole.weight);
      CHECK(sum.sum == Approx(whole.sum).epsilon(1e-13));
      CHECK(sum.mean() == Approx(whole.mean()).epsilon(1e-13));
      CHECK(test::same_bits(parts, grad));
    }
  }
}

TEST_CASE("every loss has the same bits for every number of threads", "[loss]") {
  const Index n = 20000;
  const Case all(n);
  for (const LossKind& kind : loss_kinds()) {
    INFO(kind.name);
    const auto loss = kind.make();
    std::vector<double> sums;
    test::check_threads([&](Compute& compute) {
      Matrix grad(n, kOutputs);
      MutableView grad_view(grad);
      sums.push_back(loss->evaluate(all.y, all.rows(0, n), &grad_view, compute).sum);
      return grad;
    });
    CHECK(sums == std::vector<double>(4, sums.front()));
  }
}
