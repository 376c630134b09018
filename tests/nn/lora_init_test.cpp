#include "lora/nn/lora_init.h"

#include <string>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/nn/adapter.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_draws.h"
#include "support/matrices.h"

using namespace lora;

namespace {

/// The factors of an adapter for a layer of (in, out) features, with scale 0.7.
LoraFactors drawn(const LoraInit& init, Index in, Index out, Index rank, Rng& rng) {
  const FrozenMatrix weight(test::fractions(out, in, 7));
  return init.draw({weight, rank, 0.7, rng});
}

}  // namespace

TEST_CASE("kaiming takes exactly the numbers that PEFT draws for an adapter", "[nn][lora_init]") {
  int adapters = 0;
  for (const auto& record : test::golden("draws.json")) {
    if (record.at("calls").front().at("call") != "lora_a") continue;
    Rng rng(test::unsigned_of(record.at("seed")));
    for (const auto& call : record.at("calls")) {
      const auto& args = call.at("args");
      INFO("seed " << record.at("seed") << ", " << call.at("call") << " " << args);
      if (call.at("call") == "lora_a") {
        const auto out = args.at("out").get<Index>();
        const auto rank = args.at("rank").get<Index>();
        const LoraFactors factors =
            drawn(lora_init("kaiming"), args.at("in").get<Index>(), out, rank, rng);
        test::check_bits({factors.A.data(), factors.A.data() + factors.A.size()}, call);
        CHECK(factors.B == Matrix::Zero(out, rank));
        ++adapters;
      } else {  // what comes after shows that no more and no fewer were taken
        REQUIRE(call.at("call") == "rand");
        std::vector<float> values(args.at("n").get<std::size_t>());
        rng.fill_uniform(values, 0, 1);
        test::check_bits(values, call);
      }
    }
  }
  CHECK(adapters == 3);
}

TEST_CASE("normal draws (in, rank), then (rank, out), and transposes both", "[nn][lora_init]") {
  Rng expected(9);
  const Matrix P = expected.normal(7, 3);
  const Matrix Q = expected.normal(3, 5);
  Rng rng(9);
  const LoraFactors factors = drawn(lora_init("normal"), 7, 5, 3, rng);
  CHECK(factors.A == P.transpose());
  CHECK(factors.B == Q.transpose());
  CHECK(rng.random() == expected.random());
}

TEST_CASE("every init of the table makes factors of their shapes, from seed and weight alone",
          "[nn][lora_init]") {
  for (const LoraInit& init : lora_inits()) {
    INFO(init.name);
    Rng rng(1);
    const LoraFactors factors = drawn(init, 20, 6, 4, rng);
    CHECK(factors.A.rows() == 4);
    CHECK(factors.A.cols() == 20);
    CHECK(factors.B.rows() == 6);
    CHECK(factors.B.cols() == 4);
    // Two layers of one shape must not start equal, unless their weights are equal.
    CHECK((drawn(init, 20, 6, 4, rng).A != factors.A) == !init.subtracted);
    Rng same_seed(1);
    CHECK(drawn(init, 20, 6, 4, same_seed).A == factors.A);
    CHECK_FALSE(init.help.empty());
  }
}

TEST_CASE("orthogonal factors are far from zero, and their product is nearly zero",
          "[nn][lora_init]") {
  Rng rng(3);
  const LoraFactors factors = drawn(lora_init("orthogonal"), 30, 20, 8, rng);
  CHECK(factors.A.norm() > 0.5F);
  CHECK(factors.B.norm() > 0.5F);
  CHECK((factors.B * factors.A).norm() < 1e-6F);
}

TEST_CASE("pissa and olora are parts of the weight, and the whole of it at full rank",
          "[nn][lora_init]") {
  const Matrix W = test::fractions(6, 9, 7);
  for (const char* name : {"pissa", "olora"}) {
    INFO(name);
    const LoraInit& init = lora_init(name);
    CHECK(init.subtracted);
    Rng rng(1);
    const LoraFactors all = drawn(init, 9, 6, 6, rng);
    const Real scale = init.name == "pissa" ? 0.7F : 1.0F;
    CHECK(test::relative_error(scale * all.B * all.A, W) < 1e-6);
    const LoraFactors part = drawn(init, 9, 6, 2, rng);
    CHECK(test::relative_error(part.A, all.A.topRows(2)) < 1e-6);
    CHECK(test::relative_error(part.B, all.B.leftCols(2)) < 1e-6);
  }
}

TEST_CASE("a rank that does not suit an init is refused with what would be right",
          "[nn][lora_init]") {
  struct Row {
    const char* init;
    Index rank;
    std::vector<std::string> said;
  };
  const std::vector<Row> rows = {
      {"orthogonal", 3, {"'orthogonal'", "even rank, not 3"}},
      {"pissa", 6, {"'pissa'", "rank 6", "(5, 7)", "5 at most"}},
      {"olora", 9, {"'olora'", "rank 9", "(5, 7)", "5 at most"}},
  };
  for (const Row& row : rows) {
    INFO(row.init);
    Rng rng(1);
    try {
      drawn(lora_init(row.init), 7, 5, row.rank, rng);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      for (const std::string& part : row.said) {
        CHECK(std::string(error.what()).find(part) != std::string::npos);
      }
    }
  }
}

TEST_CASE("an unknown init is refused with the nearest and all known names", "[nn][lora_init]") {
  struct Row {
    const char* name;
    const char* said;
  };
  const Row rows[] = {
      {"kaimin", "unknown initialisation 'kaimin'; did you mean 'kaiming'? (known are "},
      {"Normal", "unknown initialisation 'Normal'; did you mean 'normal'? (known are "},
      {"xyz", "unknown initialisation 'xyz' (known are "},
      {"", "unknown initialisation '' (known are "},
  };
  for (const Row& row : rows) {
    try {
      AdapterOptions options;
      options.init = row.name;
      Rng rng(1);
      adapter_kinds().front().make(options, FrozenMatrix(test::fractions(2, 3, 7)), rng);
      FAIL_CHECK("accepted " << row.name);
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::usage);
      const std::string known = joined(names_of(lora_inits()));
      CHECK(std::string(error.what()) == row.said + known + ")");
    }
  }
}

TEST_CASE("the scale of an adapter is alpha over rank, and 1 without alpha", "[nn][adapter]") {
  AdapterOptions options;
  CHECK(options.scale() == 1);
  options.rank = 8;
  CHECK(options.scale() == 1);
  options.alpha = 4;
  CHECK(options.scale() == 0.5);
  options.alpha = 20;
  CHECK(options.scale() == 2.5);
}
