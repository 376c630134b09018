#include "lora/nn/lora_init.h"

#include <string>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/nn/adapter.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_draws.h"

using namespace lora;

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
            lora_init("kaiming").draw(args.at("in").get<Index>(), out, rank, rng);
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
  const LoraFactors factors = lora_init("normal").draw(7, 5, 3, rng);
  CHECK(factors.A == P.transpose());
  CHECK(factors.B == Q.transpose());
  CHECK(rng.random() == expected.random());
}

TEST_CASE("every init of the table draws factors of their shapes, from the seed alone",
          "[nn][lora_init]") {
  for (const LoraInit& init : lora_inits()) {
    INFO(init.name);
    Rng rng(1);
    const LoraFactors factors = init.draw(20, 6, 3, rng);
    CHECK(factors.A.rows() == 3);
    CHECK(factors.A.cols() == 20);
    CHECK(factors.B.rows() == 6);
    CHECK(factors.B.cols() == 3);
    const LoraFactors second = init.draw(20, 6, 3, rng);
    CHECK(second.A != factors.A);  // two layers of one shape must not start equal
    Rng same_seed(1);
    CHECK(init.draw(20, 6, 3, same_seed).A == factors.A);
    CHECK_FALSE(init.help.empty());
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
      adapter_kinds().front().make(options, 3, 2, rng);
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
