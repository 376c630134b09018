// What every loss of the table keeps to.
#include "lora/loss/loss.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lora/core/table.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/same_bits.h"

using namespace lora;
using lora::test::fractions;

namespace {

constexpr Index kOutputs = 16;

/// Outputs with targets and labels for them, and weights of the rows if wanted.
struct Case {
  explicit Case(Index n, bool weighted = false)
      : y(3 * fractions(n, kOutputs, 1)), targets(fractions(n, kOutputs, 2)) {
    for (Index i = 0; i < n; ++i) {
      labels.push_back(static_cast<std::int32_t>(i * 7 % kOutputs));
      if (weighted) weights.push_back(static_cast<Real>(i * 5 % 9) / 8);
    }
  }

  Batch rows(Index first, Index n) const {
    const auto begin = static_cast<std::size_t>(first);
    const auto count = static_cast<std::size_t>(n);
    Batch batch{{},
                y.middleRows(first, n),
                View(targets.middleRows(first, n)),
                std::span(labels).subspan(begin, count),
                std::nullopt};
    if (!weights.empty()) batch.weights = std::span(weights).subspan(begin, count);
    return batch;
  }

  Matrix y;
  Matrix targets;
  std::vector<std::int32_t> labels;
  std::vector<Real> weights;
};

/// Weights of the classes, multiples of 1/8: their sums are exact in any order.
LossOptions class_weights() {
  LossOptions options;
  for (Index j = 0; j < kOutputs; ++j) {
    options.class_weights.push_back(static_cast<double>(3 + j) / 8);
  }
  return options;
}

void check_parts(const Loss& loss, const Case& all, Index half) {
  const Index n = all.y.rows();
  const Compute compute;
  Matrix grad(n, kOutputs);
  MutableView grad_view(grad);
  const LossSum whole = loss.evaluate(all.y, all.rows(0, n), &grad_view, compute);
  Matrix parts(n, kOutputs);
  MutableView upper = parts.topRows(half);
  MutableView lower = parts.bottomRows(n - half);
  LossSum sum = loss.evaluate(all.y.topRows(half), all.rows(0, half), &upper, compute);
  sum += loss.evaluate(all.y.bottomRows(n - half), all.rows(half, n - half), &lower, compute);
  CHECK(sum.weight == whole.weight);
  CHECK(sum.sum == Approx(whole.sum).epsilon(1e-13));
  CHECK(sum.mean() == Approx(whole.mean()).epsilon(1e-13));
  CHECK(test::same_bits(parts, grad));
}

}  // namespace

TEST_CASE("the parts of a batch have the loss and the gradients of the whole", "[loss]") {
  for (const LossKind& kind : loss_kinds()) {
    for (const bool weighted : {false, true}) {
      const Case all(700, weighted);
      const auto loss = kind.make(weighted ? class_weights() : LossOptions());
      if (loss->compares_rows()) continue;
      for (const Index half : {1, 256, 350, 699}) {
        INFO(kind.name << (weighted ? ", weighted, " : ", ") << half << " rows and the others");
        check_parts(*loss, all, half);
      }
    }
  }
}

TEST_CASE("weights of 1 change no bit of a loss", "[loss]") {
  const Index n = 700;
  Case all(n);
  const Compute compute;
  for (const LossKind& kind : loss_kinds()) {
    INFO(kind.name);
    all.weights.clear();
    Matrix without(n, kOutputs);
    MutableView without_view(without);
    const LossSum plain = kind.make({})->evaluate(all.y, all.rows(0, n), &without_view, compute);
    all.weights.assign(static_cast<std::size_t>(n), 1);
    Matrix with(n, kOutputs);
    MutableView with_view(with);
    LossOptions options;
    options.class_weights.assign(kOutputs, 1.0);
    const LossSum ones = kind.make(options)->evaluate(all.y, all.rows(0, n), &with_view, compute);
    CHECK(ones.sum == plain.sum);
    CHECK(ones.weight == plain.weight);
    CHECK(test::same_bits(with, without));
  }
}

TEST_CASE("a row of weight 3 is three rows to a loss, and one of weight 0 none", "[loss]") {
  const Case all(4);
  Case weighted = all;
  weighted.weights = {3, 0, 1, 1};
  const Compute compute;
  for (const LossKind& kind : loss_kinds()) {
    INFO(kind.name);
    const auto loss = kind.make(class_weights());
    if (loss->compares_rows()) continue;
    LossSum expected = loss->evaluate(all.y.bottomRows(2), all.rows(2, 2), nullptr, compute);
    for (int i = 0; i < 3; ++i) {
      expected += loss->evaluate(all.y.topRows(1), all.rows(0, 1), nullptr, compute);
    }
    const LossSum sum = loss->evaluate(weighted.y, weighted.rows(0, 4), nullptr, compute);
    CHECK(sum.weight == expected.weight);
    CHECK(sum.sum == Approx(expected.sum).epsilon(1e-14));
  }
}

TEST_CASE("every loss has the same bits for every number of threads", "[loss]") {
  for (const bool weighted : {false, true}) {
    const Case all(20000, weighted);
    for (const LossKind& kind : loss_kinds()) {
      INFO(kind.name << (weighted ? ", weighted" : ""));
      const auto loss = kind.make(weighted ? class_weights() : LossOptions());
      const Index n = loss->compares_rows() ? 1300 : 20000;
      std::vector<double> sums;
      test::check_threads([&](Compute& compute) {
        Matrix grad(n, kOutputs);
        MutableView grad_view(grad);
        const LossSum sum = loss->evaluate(all.y.topRows(n), all.rows(0, n), &grad_view, compute);
        sums.push_back(sum.mean());
        return grad;
      });
      CHECK(sums == std::vector<double>(4, sums.front()));
    }
  }
}

TEST_CASE("each task has losses, and each loss the options that it uses", "[loss]") {
  for (const NamedTask& task : kTasks) CHECK(default_loss(task.task).task == task.task);
  CHECK(default_loss(Task::regression).name == "mse");
  CHECK(default_loss(Task::classification).name == "cross_entropy");

  using Names = std::vector<std::string>;
  const auto uses = [](std::string_view name) {
    return used_options(find_entry(loss_kinds(), "loss", name));
  };
  CHECK(uses("mse") == Names{});
  CHECK(uses("huber") == Names{"huber_delta"});
  CHECK(uses("cross_entropy") == Names{"class_weights", "label_smoothing"});
  CHECK(uses("contrastive") == Names{"temperature"});
}

TEST_CASE("an option changes a loss exactly if the loss uses it", "[loss]") {
  const Case all(6);
  for (const LossKind& kind : loss_kinds()) {
    const auto sum_with = [&](const LossOptions& options) {
      return kind.make(options)->evaluate(all.y, all.rows(0, 6), nullptr, Compute()).sum;
    };
    LossOptions smoothing;
    LossOptions delta;
    LossOptions temperature;
    smoothing.label_smoothing = 0.25;
    delta.huber_delta = 0.25;
    temperature.temperature = 0.25;
    const std::vector<std::pair<std::string, LossOptions>> settings = {
        {"class_weights", class_weights()},
        {"label_smoothing", smoothing},
        {"huber_delta", delta},
        {"temperature", temperature}};
    std::vector<std::string> changing;
    for (const auto& [name, options] : settings) {
      if (sum_with(options) != sum_with({})) changing.push_back(name);
    }
    INFO(kind.name);
    CHECK(changing == used_options(kind));
  }
}
