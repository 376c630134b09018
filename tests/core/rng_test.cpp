// Every call of tests/golden/draws.json, made in its order on one generator a record.
#include "lora/core/rng.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_draws.h"

using namespace lora;
using lora::test::bits_of;
using lora::test::check_bits;
using lora::test::golden;
using lora::test::unsigned_of;
using nlohmann::json;

namespace {

/// What a call returned: numbers of one of the two kinds.
struct Drawn {
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
};

using Call = std::function<Drawn(Rng&, const json& args)>;

std::size_t size_in(const json& args, const char* name) {
  return static_cast<std::size_t>(unsigned_of(args.at(name)));
}

std::vector<float> uniform(Rng& rng, std::size_t n, double from, double to) {
  std::vector<float> values(n);
  rng.fill_uniform(values, from, to);
  return values;
}

Drawn normal(Rng& rng, std::size_t n, double std) {
  Drawn drawn{std::vector<float>(n), {}};
  rng.fill_normal(drawn.floats, 0, std);
  return drawn;
}

/// A weight of a torch.nn.Linear.
std::vector<float> kaiming(Rng& rng, std::size_t rows, std::size_t cols) {
  const double a = std::sqrt(5.0);
  const double bound =
      std::sqrt(3.0) * (std::sqrt(2.0 / (1 + a * a)) / std::sqrt(static_cast<double>(cols)));
  return uniform(rng, rows * cols, -bound, bound);
}

Drawn linear_weight_bias(Rng& rng, std::size_t in, std::size_t out) {
  std::vector<float> values = kaiming(rng, out, in);
  const double bound = 1 / std::sqrt(static_cast<double>(in));
  std::ranges::copy(uniform(rng, out, -bound, bound), std::back_inserter(values));
  return {values, {}};
}

/// PEFT's A, after the two layers whose own weights it draws and forgets.
Drawn lora_a(Rng& rng, std::size_t in, std::size_t out, std::size_t rank) {
  kaiming(rng, rank, in);
  kaiming(rng, out, rank);
  return {kaiming(rng, rank, in), {}};
}

std::vector<std::int64_t> permutation(Rng& rng, std::size_t n) {
  const std::vector<Index> order = rng.permutation(static_cast<Index>(n));
  return {order.begin(), order.end()};
}

/// Each epoch draws an int64 that nobody uses, and the seed of its permutation if it has one.
Drawn dataloader_order(Rng& rng, std::size_t n, bool shuffle, std::size_t epochs) {
  Drawn drawn;
  for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
    rng.random_int64();
    std::vector<std::int64_t> order(n);
    for (std::size_t i = 0; i < n; ++i) order[i] = static_cast<std::int64_t>(i);
    if (shuffle) {
      Rng shuffled(static_cast<std::uint64_t>(rng.random_int64()));
      order = permutation(shuffled, n);
    }
    std::ranges::copy(order, std::back_inserter(drawn.integers));
  }
  return drawn;
}

const std::map<std::string, Call> kCalls = {
    {"rand",
     [](Rng& rng, const json& a) {
       return Drawn{uniform(rng, size_in(a, "n"), 0, 1), {}};
     }},
    {"randn", [](Rng& rng, const json& a) { return normal(rng, size_in(a, "n"), 1); }},
    {"uniform",
     [](Rng& rng, const json& a) {
       const auto bound = a.at("bound").get<double>();
       return Drawn{uniform(rng, size_in(a, "n"), -bound, bound), {}};
     }},
    {"normal",
     [](Rng& rng, const json& a) {
       return normal(rng, size_in(a, "n"), a.at("std").get<double>());
     }},
    {"kaiming",
     [](Rng& rng, const json& a) {
       return Drawn{kaiming(rng, size_in(a, "rows"), size_in(a, "cols")), {}};
     }},
    {"linear_weight_bias",
     [](Rng& rng, const json& a) {
       return linear_weight_bias(rng, size_in(a, "in"), size_in(a, "out"));
     }},
    {"lora_a",
     [](Rng& rng, const json& a) {
       return lora_a(rng, size_in(a, "in"), size_in(a, "out"), size_in(a, "rank"));
     }},
    {"dropout",
     [](Rng& rng, const json& a) {
       const double kept = 1 - a.at("p").get<double>();
       Drawn drawn{std::vector<float>(size_in(a, "n")), {}};
       for (float& value : drawn.floats) {
         value = rng.bernoulli(kept) ? 1 / static_cast<float>(kept) : 0;
       }
       return drawn;
     }},
    {"random_int64",
     [](Rng& rng, const json&) {
       return Drawn{{}, {rng.random_int64()}};
     }},
    {"randperm",
     [](Rng& rng, const json& a) {
       return Drawn{{}, permutation(rng, size_in(a, "n"))};
     }},
    {"dataloader_order",
     [](Rng& rng, const json& a) {
       return dataloader_order(rng, size_in(a, "n"), a.at("shuffle").get<bool>(),
                               size_in(a, "epochs"));
     }},
};

/// Calls that Rng has no function for: how many 32-bit numbers each of their n elements takes.
const std::map<std::string, int> kSkipped = {{"randint", 1}};

void skip(Rng& rng, const json& call) {
  const std::size_t n = size_in(call.at("args"), "n");
  const int draws = kSkipped.at(call.at("call").get<std::string>());
  for (std::size_t i = 0; i < n * static_cast<std::size_t>(draws); ++i) rng.random();
}

/// Makes all calls of the file and shows each result, beside its record, to `check`.
template <class Check>
void for_each_call(const Check& check) {
  for (const json& record : golden("draws.json")) {
    Rng rng(unsigned_of(record.at("seed")));
    for (const json& call : record.at("calls")) {
      const auto name = call.at("call").get<std::string>();
      INFO("seed " << record.at("seed") << ", " << name << " " << call.at("args"));
      if (name == "manual_seed") {
        rng = Rng(unsigned_of(call.at("args").at("seed")));
      } else if (kSkipped.count(name) != 0) {
        skip(rng, call);
      } else {
        check(call, kCalls.at(name)(rng, call.at("args")));
      }
    }
  }
}

/// True for the normals that are made sixteen at a time.
bool is_blocked_normal(const json& call) {
  const auto name = call.at("call").get<std::string>();
  return (name == "randn" || name == "normal") && size_in(call.at("args"), "n") >= 16;
}

void check_same(const json& call, const Drawn& drawn) {
  if (call.contains("values")) {
    CHECK(drawn.integers == call.at("values").get<std::vector<std::int64_t>>());
  } else {
    check_bits(drawn.floats, call);
  }
}

/// How many floats lie between two of them, the nearer to −∞ included.
std::int64_t units_between(std::uint32_t a, std::uint32_t b) {
  const auto ordered = [](std::uint32_t bits) {
    const auto magnitude = static_cast<std::int64_t>(bits & 0x7FFFFFFFU);
    return bits >> 31U != 0 ? -magnitude : magnitude;
  };
  return std::abs(ordered(a) - ordered(b));
}

}  // namespace

TEST_CASE("uniforms, integers, permutations and normals of fewer than 16 have PyTorch's bits",
          "[core][rng]") {
  int calls = 0;
  for_each_call([&](const json& call, const Drawn& drawn) {
    if (is_blocked_normal(call)) return;
    check_same(call, drawn);
    ++calls;
  });
  CHECK(calls > 80);
}

TEST_CASE("normals of 16 and more are within 2 units in the last place of PyTorch's",
          "[core][rng]") {
  int calls = 0;
  for_each_call([&](const json& call, const Drawn& drawn) {
    if (!is_blocked_normal(call)) return;
    const auto expected = call.at("bits").get<std::vector<std::uint32_t>>();
    const std::vector<std::uint32_t> bits = bits_of(drawn.floats);
    REQUIRE(bits.size() == unsigned_of(call.at("count")));
    for (std::size_t i = 0; i < expected.size(); ++i) {
      INFO("value " << i);
      CHECK(units_between(bits[i], expected[i]) <= 2);
    }
    ++calls;
  });
  CHECK(calls > 20);
}

#if defined(__GNUC__) && !defined(__clang__)
TEST_CASE("a build by g++ gives normals of 16 and more PyTorch's bits", "[core][rng]") {
  for_each_call([](const json& call, const Drawn& drawn) {
    if (is_blocked_normal(call)) check_same(call, drawn);
  });
}
#endif

TEST_CASE("only the low 32 bits of a seed count", "[core][rng]") {
  Rng low(5);
  Rng high((std::uint64_t{7} << 32U) + 5);
  for (int i = 0; i < 10; ++i) CHECK(low.random() == high.random());
}

TEST_CASE("a matrix is drawn row after row as its elements are", "[core][rng]") {
  for (const Index rows : {2, 6}) {  // fewer and more than 16 elements
    Rng as_matrix(3);
    Rng as_span(3);
    const Matrix normals = as_matrix.normal(rows, 5);
    const Matrix uniforms = as_matrix.uniform(rows, 5, -2, 3);
    std::vector<float> values(static_cast<std::size_t>(rows) * 5);
    as_span.fill_normal(values, 0, 1);
    for (Index i = 0; i < normals.size(); ++i) {
      CHECK(normals(i / 5, i % 5) == static_cast<Real>(values[static_cast<std::size_t>(i)]));
    }
    as_span.fill_uniform(values, -2, 3);
    for (Index i = 0; i < uniforms.size(); ++i) {
      CHECK(uniforms(i / 5, i % 5) == static_cast<Real>(values[static_cast<std::size_t>(i)]));
    }
  }
}

TEST_CASE("drawing nothing leaves a generator as it was", "[core][rng]") {
  Rng rng(3);
  rng.fill_normal({}, 0, 1);
  rng.fill_uniform({}, 0, 1);
  CHECK(rng.permutation(0).empty());
  CHECK(rng.permutation(1) == std::vector<Index>{0});
  CHECK(rng.random() == Rng(3).random());
}
