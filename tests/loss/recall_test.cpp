#include "lora/loss/recall.h"

#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"
#include "support/processes.h"

using namespace lora;

namespace {

/// Outputs of queries and of their documents, with the documents' row numbers.
struct Pairs {
  void add_to(Recall& recall, Index first, Index count) const {
    Matrix y(2 * count, queries.cols());
    y << queries.middleRows(first, count), documents.middleRows(first, count);
    std::vector<Index> numbers(static_cast<std::size_t>(count), -1);  // of the queries: any
    std::vector<Real> of_rows;
    for (Index i = first; i < first + count; ++i) {
      numbers.push_back(rows[static_cast<std::size_t>(i)]);
      if (!weights.empty()) of_rows.push_back(weights[static_cast<std::size_t>(i)]);
    }
    if (!weights.empty()) of_rows.resize(static_cast<std::size_t>(2 * count), 100);
    recall.add(y, {numbers, y, {}, {}, {}, of_rows});
  }

  double recall(Index k) const {
    Recall metric(k, queries.cols());
    add_to(metric, 0, queries.rows());
    return metric.result();
  }

  Matrix queries;
  Matrix documents;
  std::vector<Index> rows;
  std::vector<Real> weights = {};
};

/// Four queries along the first axis; their documents turn away from it one after the other.
Pairs fan() {
  Matrix documents(4, 2);
  documents << 1, 0, 1, 1, 0, 1, -1, 0.5;
  Matrix queries = Matrix::Zero(4, 2);
  queries.col(0) << 1, 2, 3, 4;
  return {queries, documents, {10, 11, 12, 13}};
}

/// Many pairs that are near each other, more than are compared at once.
Pairs cloud() {
  const Index n = 300;
  Pairs pairs{test::fractions(n, 5, 1), test::fractions(n, 5, 2), {}};
  pairs.documents = pairs.queries + pairs.documents;
  for (Index i = 0; i < n; ++i) {
    pairs.rows.push_back(1000 - i);
    pairs.weights.push_back(static_cast<Real>(i % 4) / 2);
  }
  return pairs;
}

}  // namespace

TEST_CASE("a query is a hit if its document is among the nearest of all", "[loss][recall]") {
  const Pairs pairs = fan();
  CHECK(pairs.recall(1) == 0.25);
  CHECK(pairs.recall(2) == 0.5);
  CHECK(pairs.recall(3) == 0.75);
  CHECK(pairs.recall(4) == 1);
  CHECK(pairs.recall(10) == 1);
}

TEST_CASE("of equal documents the lower row number is ahead", "[loss][recall]") {
  Pairs pairs = fan();
  pairs.documents = Matrix::Ones(4, 2);
  CHECK(pairs.recall(1) == 0.25);
  CHECK(pairs.recall(3) == 0.75);
  pairs.weights = {1, 1, 1, 5};
  CHECK(pairs.recall(1) == 1.0 / 8);
  pairs.rows = {13, 12, 11, 10};
  CHECK(pairs.recall(1) == 5.0 / 8);
}

TEST_CASE("equal documents have equal cosines wherever they stand", "[loss][recall]") {
  for (const Index n : {2, 7, 64, 301}) {
    INFO(n << " documents");
    Pairs pairs{test::fractions(n, 37, 1), test::fractions(1, 37, 2).replicate(n, 1), {}};
    for (Index i = 0; i < n; ++i) pairs.rows.push_back(i);
    CHECK(pairs.recall(1) == 1 / static_cast<double>(n));
  }
}

TEST_CASE("a document that occurs twice is one candidate", "[loss][recall]") {
  Pairs pairs = fan();
  pairs.documents.row(1) = pairs.documents.row(0);
  pairs.rows[1] = pairs.rows[0];
  CHECK(pairs.recall(1) == 0.5);
  CHECK(pairs.recall(2) == 0.75);
  CHECK(pairs.recall(3) == 1);
}

TEST_CASE("a pair counts as often as its query's weight says, and not at all with 0",
          "[loss][recall]") {
  Pairs pairs = fan();
  pairs.weights = {0, 2, 1, 1};
  CHECK(pairs.recall(1) == 0.5);  // the first document is no candidate
  CHECK(pairs.recall(2) == 0.75);
}

TEST_CASE("a query or document that is not a number is no hit", "[loss][recall]") {
  Pairs pairs = fan();
  pairs.queries(0, 1) = std::numeric_limits<Real>::quiet_NaN();
  CHECK(pairs.recall(10) == 0.75);
  pairs.documents(1, 0) = std::numeric_limits<Real>::quiet_NaN();
  CHECK(pairs.recall(10) == 0.5);
}

TEST_CASE("recall is over all batches since it was reset", "[loss][recall]") {
  const Pairs pairs = cloud();
  for (const Index k : {1, 5, 10}) {
    Recall recall(k, 5);
    CHECK(std::isnan(recall.result()));
    pairs.add_to(recall, 20, 50);  // forgotten
    recall.reset();
    CHECK(std::isnan(recall.result()));
    for (const Index first : {0, 100, 200}) pairs.add_to(recall, first, 100);
    CHECK(recall.result() == Approx(pairs.recall(k)).epsilon(1e-14));
    CHECK(recall.result() > 0.05);
    CHECK(recall.result() < 0.95);
  }
}

TEST_CASE("processes have the recall over what all of them have seen", "[loss][recall]") {
  const Pairs pairs = cloud();
  for (const Index half : {0, 1, 130, 300}) {
    INFO(half << " pairs and the others");
    Recall upper(5, 5);
    Recall lower(5, 5);
    pairs.add_to(upper, 0, half);
    pairs.add_to(lower, half, 300 - half);
    test::sum_over_two(upper, lower);
    CHECK(upper.result() == Approx(pairs.recall(5)).epsilon(1e-14));
    CHECK(lower.result() == upper.result());
  }
}
