// Losses, gradients and recall against PyTorch's: tests/golden/losses.py made the numbers.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/table.h"
#include "lora/loss/loss.h"
#include "lora/loss/recall.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"

using namespace lora;
using Json = nlohmann::json;

namespace {

/// What a record gives, as a batch. Documents are rows of their own unless the record says which.
struct Case {
  explicit Case(const Json& record)
      : y(test::matrix_of(record.at("outputs"), record.at("n"), record.at("out"))),
        rows(static_cast<std::size_t>(y.rows())) {
    if (record.contains("targets")) {
      targets = test::matrix_of(record["targets"], y.rows(), y.cols());
    }
    if (record.contains("labels")) labels = test::labels_of(record["labels"]);
    if (record.contains("weights")) record["weights"].get_to(weights);
    std::iota(rows.begin(), rows.end(), Index{0});
    if (!record.contains("document_rows")) return;
    const auto documents = record["document_rows"].get<std::vector<Index>>();
    std::ranges::copy(documents, rows.end() - std::ssize(documents));
  }

  Batch batch() const {
    Batch all{rows, y, {}, labels, {}, weights};
    if (targets.size() != 0) all.targets.emplace(targets);
    return all;
  }

  Matrix y;
  Matrix targets;
  std::vector<std::int32_t> labels;
  std::vector<Real> weights;
  std::vector<Index> rows;
};

std::string title_of(const Json& record) {
  return record.at("loss").get<std::string>() + ": " + record.at("name").get<std::string>();
}

/// Checks each row by its own largest number: those of a short vector are huge.
void check_gradient(const Matrix& actual, const Matrix& expected) {
  for (Index i = 0; i < expected.rows(); ++i) {
    INFO("row " << i << ": " << actual.row(i) << ", not " << expected.row(i));
    const Real largest = expected.row(i).cwiseAbs().maxCoeff();
    CHECK((actual.row(i) - expected.row(i)).cwiseAbs().maxCoeff() <= 1e-6F * largest + 1e-15F);
  }
}

}  // namespace

TEST_CASE("every loss and its gradient are PyTorch's", "[loss][golden]") {
  std::set<std::string> seen;
  for (const Json& record : test::golden("losses.json")) {
    INFO(title_of(record));
    const std::string name = record.at("loss");
    const Case given(record);
    const auto loss = find_entry(loss_kinds(), "loss", name).make(test::loss_options(record));
    Matrix grad(given.y.rows(), given.y.cols());
    MutableView grad_view(grad);
    const LossSum sum = loss->evaluate(given.y, given.batch(), &grad_view, Compute());
    CHECK(sum.mean() == Approx(record.at("mean").get<double>()).epsilon(1e-12).margin(1e-15));
    const Matrix expected = test::matrix_of(record.at("gradient"), grad.rows(), grad.cols());
    check_gradient(grad / static_cast<Real>(sum.weight), expected);
    seen.insert(name);
  }
  for (const LossKind& kind : loss_kinds()) {
    INFO(kind.name);
    CHECK(seen.contains(std::string(kind.name)));
  }
}

TEST_CASE("recall is what torch.topk finds", "[loss][recall][golden]") {
  int compared = 0;
  for (const Json& record : test::golden("losses.json")) {
    if (!record.contains("recall")) continue;
    INFO(title_of(record));
    const Case given(record);
    std::size_t i = 0;
    for (const Index k : {1, 5, 10}) {
      Recall recall(k, given.y.cols());
      recall.add(given.y, given.batch());
      CHECK(recall.result() == Approx(record["recall"].at(i++).get<double>()).epsilon(1e-12));
    }
    ++compared;
  }
  CHECK(compared >= 8);
}
