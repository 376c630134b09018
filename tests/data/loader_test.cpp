#include "lora/data/loader.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <numeric>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// Rows whose feature, target and label all tell the row's number.
Dataset numbered(Index rows) {
  Dataset data;
  data.features.own().setZero(rows, 2);
  data.targets.setZero(rows, 1);
  for (Index row = 0; row < rows; ++row) {
    data.features.own().row(row).setConstant(static_cast<Real>(row));
    data.targets(row, 0) = static_cast<Real>(row) + Real{0.5};
    data.labels.push_back(static_cast<std::int32_t>(row));
  }
  data.classes = rows;
  return data;
}

std::vector<Index> rows_of(const Batch& batch) {
  return {batch.rows.begin(), batch.rows.end()};
}

std::vector<Index> rows_of_epoch(Loader& loader, Rng& rng) {
  std::vector<Index> rows;
  loader.start_epoch(rng);
  while (const std::optional<Batch> batch = loader.next()) {
    rows.insert(rows.end(), batch->rows.begin(), batch->rows.end());
  }
  return rows;
}

std::vector<Index> sizes_of_epoch(Loader& loader, Rng& rng) {
  std::vector<Index> sizes;
  loader.start_epoch(rng);
  while (const std::optional<Batch> batch = loader.next()) sizes.push_back(batch->size());
  return sizes;
}

/// The bit patterns of n uniforms, of which the golden file shows at most 40.
std::vector<std::uint32_t> bits_of(std::vector<float> values) {
  std::vector<std::uint32_t> bits;
  for (const float value : values) bits.push_back(std::bit_cast<std::uint32_t>(value));
  return bits;
}

void check_order(const nlohmann::json& call, Index batch_size, Rng& rng) {
  const Index n = call["args"]["n"];
  const Dataset data = numbered(n);
  Loader loader(data, all_rows(n), batch_size, call["args"]["shuffle"]);
  std::vector<Index> order;
  for (Index epoch = 0; epoch < call["args"]["epochs"]; ++epoch) {
    const std::vector<Index> rows = rows_of_epoch(loader, rng);
    order.insert(order.end(), rows.begin(), rows.end());
  }
  CHECK(order == call["values"].get<std::vector<Index>>());
}

/// Makes one call of the golden file and compares what comes back.
void replay(const nlohmann::json& call, Index batch_size, Rng& rng) {
  if (call["call"] == "dataloader_order") return check_order(call, batch_size, rng);
  std::vector<float> values(call["args"]["n"].get<std::size_t>());
  if (call["call"] == "rand") {
    rng.fill_uniform(values, 0, 1);
    CHECK(bits_of(values) == call["bits"].get<std::vector<std::uint32_t>>());
  } else {
    REQUIRE(call["call"] == "randn");
    rng.fill_normal(values, 0, 1);
  }
}

bool has_orders(const nlohmann::json& record) {
  for (const nlohmann::json& call : record["calls"]) {
    if (call["call"] == "dataloader_order") return true;
  }
  return false;
}

}  // namespace

TEST_CASE("rows come in the order of a DataLoader, whatever the batch size", "[data][loader]") {
  int records = 0;
  for (const nlohmann::json& record : golden("draws.json")) {
    if (!has_orders(record)) continue;
    ++records;
    for (const Index batch_size : {1, 3, 8}) {
      INFO("seed " << record["seed"] << ", batches of " << batch_size);
      Rng rng(unsigned_of(record["seed"]));
      for (const nlohmann::json& call : record["calls"]) replay(call, batch_size, rng);
    }
  }
  CHECK(records >= 5);
}

TEST_CASE("the last batch of an epoch has the rows that are left", "[data][loader]") {
  struct Row {
    Index rows;
    Index batch_size;
    std::vector<Index> sizes;
  };
  const std::vector<Row> rows = {
      {10, 4, {4, 4, 2}}, {10, 5, {5, 5}}, {10, 9, {9, 1}}, {10, 10, {10}},
      {10, 11, {10}},     {10, 0, {10}},   {1, 32, {1}},    {3, 1, {1, 1, 1}},
  };
  const Dataset data = numbered(10);
  for (const Row& row : rows) {
    for (const bool shuffle : {false, true}) {
      INFO(row.rows << " rows in batches of " << row.batch_size << ", shuffled: " << shuffle);
      Loader loader(data, all_rows(row.rows), row.batch_size, shuffle);
      CHECK(loader.batches() == static_cast<Index>(row.sizes.size()));
      Rng rng(1);
      for (int epoch = 0; epoch < 2; ++epoch) CHECK(sizes_of_epoch(loader, rng) == row.sizes);
      CHECK_FALSE(loader.next());
    }
  }
}

TEST_CASE("each row of a batch has its own features, targets and label", "[data][loader]") {
  const Dataset data = numbered(10);
  const std::vector<std::vector<Index>> subsets = {
      all_rows(10), {0, 1, 2}, {2, 3, 4}, {9, 1, 4, 7, 3}, {0, 2, 1}};
  for (const std::vector<Index>& subset : subsets) {
    for (const bool shuffle : {false, true}) {
      Loader loader(data, subset, 2, shuffle);
      Rng rng(5);
      for (int epoch = 0; epoch < 3; ++epoch) {
        std::vector<Index> seen;
        loader.start_epoch(rng);
        while (const std::optional<Batch> batch = loader.next()) {
          REQUIRE(batch->rows.size() == static_cast<std::size_t>(batch->size()));
          REQUIRE(batch->labels.size() == batch->rows.size());
          REQUIRE(batch->targets.has_value());
          REQUIRE(batch->targets->rows() == batch->size());
          CHECK_FALSE(batch->below.has_value());
          for (Index i = 0; i < batch->size(); ++i) {
            const Index row = batch->rows[static_cast<std::size_t>(i)];
            seen.push_back(row);
            CHECK(batch->x(i, 0) == static_cast<Real>(row));
            CHECK(batch->x(i, 1) == static_cast<Real>(row));
            CHECK((*batch->targets)(i, 0) == static_cast<Real>(row) + Real{0.5});
            CHECK(batch->labels[static_cast<std::size_t>(i)] == row);
          }
        }
        if (shuffle) {
          CHECK(std::is_permutation(seen.begin(), seen.end(), subset.begin(), subset.end()));
        } else {
          CHECK(seen == subset);
        }
      }
    }
  }
}

TEST_CASE("a subset is shuffled as its positions are", "[data][loader]") {
  const Dataset data = numbered(50);
  std::vector<Index> subset(37);
  std::iota(subset.begin(), subset.end(), Index{7});
  Loader all(data, all_rows(37), 5, true);
  Loader part(data, subset, 5, true);
  Rng rng_of_all(11);
  Rng rng_of_part(11);
  for (int epoch = 0; epoch < 3; ++epoch) {
    std::vector<Index> positions = rows_of_epoch(all, rng_of_all);
    for (Index& position : positions) position += 7;
    CHECK(rows_of_epoch(part, rng_of_part) == positions);
  }
}

TEST_CASE("a data set without targets or labels has none in its batches", "[data][loader]") {
  Dataset data = numbered(6);
  data.targets.resize(0, 0);
  data.labels.clear();
  for (const bool shuffle : {false, true}) {
    Loader loader(data, all_rows(6), 4, shuffle);
    Rng rng(1);
    loader.start_epoch(rng);
    while (const std::optional<Batch> batch = loader.next()) {
      CHECK_FALSE(batch->targets.has_value());
      CHECK(batch->labels.empty());
    }
  }
}

TEST_CASE("rows in their order are windows on the data set, not copies", "[data][loader]") {
  const Dataset data = numbered(10);
  for (const Index batch_size : {0, 4}) {
    Loader loader(data, all_rows(10), batch_size, false);
    Rng rng(1);
    loader.start_epoch(rng);
    while (const std::optional<Batch> batch = loader.next()) {
      const Index first = batch->rows.front();
      CHECK(batch->x.data() == data.features.row(first).data());
      CHECK(batch->targets->data() == data.targets.row(first).data());
      CHECK(batch->labels.data() == data.labels.data() + first);
    }
  }
}

TEST_CASE("an epoch draws what iter(DataLoader) draws", "[data][loader]") {
  struct Row {
    Index batch_size;
    bool shuffle;
    int draws;  // of int64
  };
  const std::vector<Row> rows = {{0, false, 0}, {10, false, 0}, {99, false, 0}, {4, false, 1},
                                 {0, true, 2},  {4, true, 2},   {99, true, 2}};
  const Dataset data = numbered(10);
  for (const Row& row : rows) {
    INFO("batches of " << row.batch_size << ", shuffled: " << row.shuffle);
    Loader loader(data, all_rows(10), row.batch_size, row.shuffle);
    Rng rng(3);
    Rng expected(3);
    for (int epoch = 0; epoch < 3; ++epoch) {
      rows_of_epoch(loader, rng);
      for (int draw = 0; draw < row.draws; ++draw) expected.random_int64();
    }
    CHECK(rng.random64() == expected.random64());
  }
}

TEST_CASE("an epoch that was broken off does not show in the next", "[data][loader]") {
  const Dataset data = numbered(10);
  for (const bool shuffle : {false, true}) {
    Loader loader(data, all_rows(10), 3, shuffle);
    Loader unbroken(data, all_rows(10), 3, shuffle);
    Rng rng(8);
    Rng rng_of_unbroken(8);
    loader.start_epoch(rng);
    loader.next();
    rows_of_epoch(unbroken, rng_of_unbroken);
    CHECK(rows_of_epoch(loader, rng) == rows_of_epoch(unbroken, rng_of_unbroken));
  }
}

TEST_CASE("batches of pairs are their queries, then their documents, in DataLoader's order",
          "[data][loader][pairs]") {
  Dataset data = numbered(9);
  data.targets.resize(0, 0);
  data.labels.clear();
  const std::vector<Pair> pairs = {{8, 0}, {1, 1}, {3, 0}, {2, 7}, {8, 4}};
  const Dataset numbers = numbered(5);
  for (const bool shuffle : {false, true}) {
    for (const Index batch_size : {0, 2, 5}) {
      INFO("batches of " << batch_size << ", shuffled: " << shuffle);
      Loader loader(data, pairs, batch_size, shuffle);
      Loader places(numbers, all_rows(5), batch_size, shuffle);
      CHECK(loader.rows() == 5);
      CHECK(loader.batches() == places.batches());
      Rng rng(5);
      Rng rng_of_places(5);
      for (int epoch = 0; epoch < 2; ++epoch) {
        loader.start_epoch(rng);
        places.start_epoch(rng_of_places);
        while (const std::optional<Batch> batch = loader.next()) {
          const std::vector<Index> order = rows_of(*places.next());
          std::vector<Index> expected;
          for (const Index i : order) expected.push_back(pairs[static_cast<std::size_t>(i)].query);
          for (const Index i : order)
            expected.push_back(pairs[static_cast<std::size_t>(i)].document);
          CHECK(rows_of(*batch) == expected);
          REQUIRE(batch->x.rows() == std::ssize(expected));
          for (std::size_t i = 0; i < expected.size(); ++i) {
            CHECK(batch->x(static_cast<Index>(i), 0) == static_cast<Real>(expected[i]));
          }
        }
        CHECK(loader.position() == 5);
      }
      CHECK(rng.random64() == rng_of_places.random64());
    }
  }
}

TEST_CASE("processes that share rows out are each given their rows of the same batches",
          "[data][loader]") {
  constexpr Index kRows = 23;
  const bool shuffle = GENERATE(false, true);
  const Index batch_size = GENERATE(0, 1, 5);
  const Index shuffle_block = shuffle ? GENERATE(0, 4) : 0;
  const OrderRule rule{.any_order = false, .shuffle_block = shuffle_block};
  const Dataset all = numbered(kRows);
  Loader whole(all, all_rows(kRows), batch_size, shuffle, rule);
  for (const std::vector<Index>& sizes :
       {std::vector<Index>{11, 12}, std::vector<Index>{1, 21, 1}}) {
    std::vector<Dataset> parts;
    Index first = 0;
    for (const Index size : sizes) {
      Dataset& part = parts.emplace_back();
      part.features = Matrix(all.features.middleRows(first, size));
      part.targets = all.targets.middleRows(first, size);
      part.labels.assign(all.labels.begin() + first, all.labels.begin() + first + size);
      part.first = first;
      part.elsewhere = kRows - size;
      first += size;
    }
    std::vector<Loader> loaders;
    for (const Dataset& part : parts)
      loaders.emplace_back(part, all_rows(kRows), batch_size, shuffle, rule);
    for (int epoch = 0; epoch < 2; ++epoch) {
      Rng rng(7);
      whole.start_epoch(rng);
      for (Loader& loader : loaders) {
        Rng same(7);
        loader.start_epoch(same);
      }
      while (const std::optional<Batch> batch = whole.next()) {
        std::vector<Index> wanted = rows_of(*batch);
        std::vector<Index> given;
        for (Loader& loader : loaders) {
          const Batch own = loader.next().value();
          for (Index i = 0; i < own.size(); ++i) {
            const Index row = own.first_row + own.rows[static_cast<std::size_t>(i)];
            given.push_back(row);
            CHECK(own.x(i, 0) == static_cast<Real>(row));
            CHECK((*own.targets)(i, 0) == static_cast<Real>(row) + Real{0.5});
            CHECK(own.labels[static_cast<std::size_t>(i)] == row);
          }
        }
        std::ranges::sort(wanted);
        std::ranges::sort(given);
        CHECK(given == wanted);
      }
      for (Loader& loader : loaders) CHECK(!loader.next());
    }
  }
}
