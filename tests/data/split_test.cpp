#include "lora/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

namespace {

Dataset unlabelled(Index rows) {
  Dataset data;
  data.features.own().setZero(rows, 1);
  return data;
}

/// `members[c]` rows of class c, in turns as long as there are any.
Dataset labelled(std::vector<int> members) {
  Dataset data;
  data.classes = static_cast<Index>(members.size());
  while (std::ranges::any_of(members, [](int left) { return left > 0; })) {
    for (std::size_t c = 0; c < members.size(); ++c) {
      if (members[c]-- > 0) data.labels.push_back(static_cast<std::int32_t>(c));
    }
  }
  data.features.own().setZero(static_cast<Index>(data.labels.size()), 1);
  return data;
}

std::vector<int> classes_of(const Dataset& data, const std::vector<Index>& rows) {
  std::vector<int> count(static_cast<std::size_t>(data.classes), 0);
  for (const Index row : rows) {
    const std::int32_t label = data.labels[static_cast<std::size_t>(row)];
    ++count[static_cast<std::size_t>(label)];
  }
  return count;
}

bool ascending(const std::vector<Index>& rows) {
  return std::ranges::adjacent_find(rows, std::greater_equal<>()) == rows.end();
}

}  // namespace

TEST_CASE("each class gives its share to the held-out rows", "[data][split]") {
  struct Row {
    std::vector<int> members;
    double fraction;
    std::vector<int> held_out;
  };
  const std::vector<Row> rows = {
      {{10, 10}, 0.2, {2, 2}},
      {{90, 10}, 0.1, {9, 1}},
      {{7, 7, 6}, 0.25, {2, 2, 1}},  // 1.75, 1.75 and 1.5
      {{6, 7, 7}, 0.25, {1, 2, 2}},  // the same, the smallest first
      {{1, 4, 7}, 0.25, {0, 1, 2}},  // 0.25, 1 and 1.75
      {{100, 1}, 0.1, {11, 0}},      // 10.1 is rounded up to 11: 10.89 and 0.11
      {{2, 0, 2}, 0.5, {1, 0, 1}},   // a class that nobody is of
      {{5, 3, 2}, 0.5, {3, 1, 1}},   // 2.5 and 1.5: the first of equal remainders
      {{3, 3, 3}, 0.4, {2, 1, 1}},   // 3.6 is rounded up to 4, each has 4/3
      {{1, 1, 1, 1}, 0.5, {1, 1, 0, 0}},
      {{1, 1, 7}, 0.3, {1, 0, 2}},   // 1/3, 1/3 and 7/3, whose remainders are equal
      {{1, 3, 11}, 0.4, {1, 1, 4}},  // 2/5, 6/5 and 22/5
  };
  for (const Row& row : rows) {
    const Dataset data = labelled(row.members);
    INFO("fraction " << row.fraction << " of " << data.rows() << " rows");
    CHECK(classes_of(data, split_rows(data, row.fraction, 42).validation) == row.held_out);
  }
}

TEST_CASE("every row is in one of the two parts, in ascending order", "[data][split]") {
  const std::vector<Dataset> sets = {unlabelled(101), labelled({30, 1, 50, 20}), unlabelled(2)};
  for (const Dataset& data : sets) {
    for (const double fraction : {0.01, 0.2, 0.5}) {
      INFO("fraction " << fraction << " of " << data.rows() << " rows");
      const Split split = split_rows(data, fraction, 7);
      CHECK(ascending(split.train));
      CHECK(ascending(split.validation));
      CHECK(static_cast<double>(split.validation.size()) ==
            std::ceil(fraction * static_cast<double>(data.rows())));
      std::set<Index> all(split.train.begin(), split.train.end());
      all.insert(split.validation.begin(), split.validation.end());
      CHECK(split.train.size() + split.validation.size() == all.size());
      CHECK(static_cast<Index>(all.size()) == data.rows());
      CHECK(*all.begin() == 0);
      CHECK(*all.rbegin() == data.rows() - 1);
    }
  }
}

TEST_CASE("the same seed holds out the same rows, another seed others", "[data][split]") {
  for (const Dataset& data : {unlabelled(100), labelled({40, 60})}) {
    const Split split = split_rows(data, 0.3, 42);
    CHECK(split_rows(data, 0.3, 42).validation == split.validation);
    CHECK(split_rows(data, 0.3, 42).train == split.train);
    CHECK(split_rows(data, 0.3, 43).validation != split.validation);
    CHECK(split.validation.back() >= 50);  // rows are drawn, not taken from the front
    CHECK(split.train.front() < 50);
  }
}

TEST_CASE("a class of one row goes wherever its remainder sends it", "[data][split]") {
  const Dataset data = labelled({1, 8});
  CHECK(classes_of(data, split_rows(data, 0.2, 1).validation) == std::vector<int>{0, 2});
  CHECK(classes_of(data, split_rows(data, 0.6, 1).validation) == std::vector<int>{1, 5});
  CHECK(split_rows(labelled({1, 1}), 0.5, 1).train.size() == 1);
}

TEST_CASE("a split that leaves nothing on one side is refused", "[data][split]") {
  struct Row {
    Index rows;
    double fraction;
    std::string part_of_message;
  };
  const std::vector<Row> rows = {
      {10, 0.95, "leaves 0 to train on and 10 to validate on"},
      {1, 0.5, "leaves 0 to train on and 1 to validate on"},
      {10, 0.0, "leaves 10 to train on and 0 to validate on"},
      {0, 0.5, "of 0 rows"},
  };
  for (const Row& row : rows) {
    INFO("fraction " << row.fraction << " of " << row.rows << " rows");
    try {
      split_rows(unlabelled(row.rows), row.fraction, 42);
      FAIL("not refused");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      CHECK(std::string(error.what()).find(row.part_of_message) != std::string::npos);
    }
  }
}

TEST_CASE("folds of rows without classes are dealt in the order of a permutation",
          "[data][folds]") {
  // torch.randperm(7) after manual_seed(42) is 1 6 3 5 4 0 2; every third row from the first,
  // second and third place.
  const std::vector<std::vector<Index>> held_out = {{1, 2, 5}, {4, 6}, {0, 3}};
  const std::vector<std::vector<Index>> others = {{0, 3, 4, 6}, {0, 1, 2, 3, 5}, {1, 2, 4, 5, 6}};
  for (std::size_t fold = 0; fold < held_out.size(); ++fold) {
    const Split split = fold_rows(unlabelled(7), 3, static_cast<Index>(fold), 42);
    CHECK(split.validation == held_out[fold]);
    CHECK(split.train == others[fold]);
  }
}

TEST_CASE("each fold has its share of each class, as scikit-learn's StratifiedKFold deals them",
          "[data][folds]") {
  struct Row {
    std::vector<int> members;
    std::vector<std::vector<int>> held_out;  ///< of each class, by fold
  };
  const std::vector<Row> rows = {
      {{7, 5, 3}, {{2, 1, 1}, {2, 1, 1}, {2, 1, 1}, {1, 2, 0}}},
      {{10, 10}, {{2, 2}, {2, 2}, {2, 2}, {2, 2}, {2, 2}}},
      {{6, 1, 1}, {{2, 1, 0}, {2, 0, 1}, {2, 0, 0}}},
      {{90, 8, 3}, {{18, 2, 1}, {18, 2, 0}, {18, 2, 0}, {18, 1, 1}, {18, 1, 1}}},
  };
  for (const Row& row : rows) {
    const Dataset data = labelled(row.members);
    const auto folds = static_cast<Index>(row.held_out.size());
    for (const std::uint64_t seed : {0U, 1U, 42U}) {
      std::vector<int> times(static_cast<std::size_t>(data.rows()), 0);
      for (Index fold = 0; fold < folds; ++fold) {
        CAPTURE(folds, fold, seed);
        const Split split = fold_rows(data, folds, fold, seed);
        CHECK(classes_of(data, split.validation) == row.held_out[static_cast<std::size_t>(fold)]);
        CHECK(ascending(split.validation));
        CHECK(ascending(split.train));
        for (const Index held : split.validation) ++times[static_cast<std::size_t>(held)];
        std::vector<Index> all = split.train;
        all.insert(all.end(), split.validation.begin(), split.validation.end());
        std::ranges::sort(all);
        CHECK(all.size() == times.size());
        CHECK(ascending(all));
      }
      CHECK(std::ranges::all_of(times, [](int count) { return count == 1; }));
    }
  }
}

TEST_CASE("folds depend on the seed, and need a row each", "[data][folds]") {
  const Dataset data = labelled({30, 20});
  CHECK(fold_rows(data, 5, 2, 1).validation == fold_rows(data, 5, 2, 1).validation);
  CHECK(fold_rows(data, 5, 2, 1).validation != fold_rows(data, 5, 2, 2).validation);
  CHECK(fold_rows(unlabelled(3), 3, 0, 1).validation.size() == 1);
  CHECK_THROWS_AS(fold_rows(unlabelled(3), 4, 0, 1), Error);
}
