#include "lora/nn/linear.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_draws.h"
#include "support/matrices.h"
#include "support/parameters.h"

using namespace lora;
using lora::test::eighths;

namespace {

constexpr Index kRows = 5;
constexpr Index kIn = 4;
constexpr Index kOut = 3;
constexpr Index kRank = 2;
constexpr Real kScale = 0.5F;

Linear layer_with_adapter(FrozenMatrix weight) {
  Linear layer(std::move(weight), eighths(1, kOut, 2));
  layer.attach(
      std::make_unique<LoraAdapter>(eighths(kRank, kIn, 3), eighths(kOut, kRank, 4), kScale));
  return layer;
}

Linear layer(bool adapted) {
  FrozenMatrix weight(eighths(kOut, kIn, 1));
  return adapted ? layer_with_adapter(std::move(weight))
                 : Linear(std::move(weight), eighths(1, kOut, 2));
}

}  // namespace

TEST_CASE("a linear layer computes x times its weight plus bias, and what its adapter adds",
          "[nn][linear]") {
  const Matrix x = eighths(kRows, kIn, 5);
  const Matrix base =
      (x * eighths(kOut, kIn, 1).transpose()).rowwise() + eighths(1, kOut, 2).row(0);
  const Matrix low_rank =
      kScale * x * eighths(kRank, kIn, 3).transpose() * eighths(kOut, kRank, 4).transpose();
  Compute compute;
  Tape tape(compute);
  Matrix y(kRows, kOut);
  for (const Mode mode : {Mode::train, Mode::infer}) {
    tape.reset(mode);
    layer(false).forward(x, y, tape);
    CHECK(y == base);
    layer(true).forward(x, y, tape);
    CHECK(y == base + low_rank);
  }
  Linear(FrozenMatrix(eighths(kOut, kIn, 1))).forward(x, y, tape);
  CHECK(y == x * eighths(kOut, kIn, 1).transpose());
}

TEST_CASE("a layer goes on from a base product that is known already", "[nn][linear]") {
  const Matrix x = eighths(kRows, kIn, 5);
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  for (const bool adapted : {false, true}) {
    const Linear linear = layer(adapted);
    Matrix whole(kRows, kOut);
    Matrix z(kRows, kOut);
    Matrix y(kRows, kOut);
    linear.forward(x, whole, tape);
    linear.base_product(x, z, tape);
    const auto products = compute.products;
    linear.forward_from(x, z, y, tape);
    CHECK(y == whole);
    CHECK(compute.products - products == (adapted ? 2 : 0));
  }
}

TEST_CASE("nothing is computed or kept that is not needed", "[nn][linear]") {
  // forward: x·Wᵀ, and with an adapter x·Aᵀ and h·Bᵀ. backward: never a product for W's gradient;
  // with an adapter dB, dh and dA; and only if dx is wanted dz·W, and dh·A of an adapter.
  struct Row {
    bool adapted;
    bool bias_trained;
    bool dx_wanted;
    std::uint64_t forward_products;
    std::size_t frames;
    std::uint64_t backward_products;
  };
  const Row rows[] = {
      {false, false, false, 1, 0, 0}, {false, false, true, 1, 0, 1}, {false, true, false, 1, 0, 0},
      {false, true, true, 1, 0, 1},   {true, false, false, 3, 1, 3}, {true, false, true, 3, 1, 5},
      {true, true, false, 3, 1, 3},   {true, true, true, 3, 1, 5},
  };
  const Matrix x = eighths(kRows, kIn, 5);
  const Matrix dy = eighths(kRows, kOut, 6);
  for (const Row& row : rows) {
    INFO("adapter " << row.adapted << ", bias " << row.bias_trained << ", dx " << row.dx_wanted);
    Linear linear = layer(row.adapted);
    linear.bias()->set_trainable(row.bias_trained);
    Compute compute;
    Tape tape(compute);
    Matrix y(kRows, kOut);

    tape.reset(Mode::infer);
    linear.forward(x, y, tape);
    CHECK(tape.frames() == 0);
    CHECK(compute.products == row.forward_products);

    compute.products = 0;
    tape.reset(Mode::train);
    linear.forward(x, y, tape);
    CHECK(tape.frames() == row.frames);
    CHECK(compute.products == row.forward_products);

    compute.products = 0;
    Matrix dx = Matrix::Zero(kRows, kIn);
    MutableView dx_view(dx);
    linear.backward(dy, row.dx_wanted ? &dx_view : nullptr, tape);
    CHECK(tape.frames() == 0);
    CHECK(compute.products == row.backward_products);
    CHECK(linear.bias()->grad.size() == (row.bias_trained ? kOut : 0));
    CHECK((dx.array() != 0).any() == row.dx_wanted);
  }
}

TEST_CASE("a backward pass that does not mirror the forward pass is refused", "[nn][linear]") {
  Linear first = layer(true);
  Linear second = layer(true);
  const Matrix x = eighths(kRows, kIn, 5);
  const Matrix dy = eighths(kRows, kOut, 6);
  Compute compute;
  Tape tape(compute);
  Matrix y(kRows, kOut);

  tape.reset(Mode::infer);
  first.forward(x, y, tape);
  CHECK_THROWS_AS(first.backward(dy, nullptr, tape), std::logic_error);

  tape.reset(Mode::train);
  first.forward(x, y, tape);
  second.forward(x, y, tape);
  CHECK_THROWS_AS(first.backward(dy, nullptr, tape), std::logic_error);
  second.backward(dy, nullptr, tape);
  first.backward(dy, nullptr, tape);
  CHECK_THROWS_AS(first.backward(dy, nullptr, tape), std::logic_error);
}

TEST_CASE("the factors of an adapter are trained, and a bias only if asked", "[nn][linear]") {
  Linear linear = layer(true);
  const auto parameters = test::parameters_of(linear, "head");
  CHECK_FALSE(parameters["head.bias"].trainable());
  CHECK(parameters["head.lora_A.weight"].trainable());
  CHECK(parameters["head.lora_B.weight"].trainable());
  CHECK(parameters.all.size() == 3);
}

TEST_CASE("the walk over a linear layer finds its parts by PyTorch's names", "[nn][linear]") {
  struct Names : Visitor {
    std::vector<std::string> found;
    void linear(const std::string& name, Linear&) override { found.push_back("linear " + name); }
    void parameter(const std::string& name, Parameter&) override { found.push_back(name); }
    void frozen(const std::string& name, const FrozenMatrix&) override {
      found.push_back("frozen " + name);
    }
  };
  Names names;
  Linear linear = layer(true);
  linear.visit("model.head", names);
  CHECK(names.found == std::vector<std::string>{"linear model.head", "frozen model.head.weight",
                                                "model.head.bias", "model.head.lora_A.weight",
                                                "model.head.lora_B.weight"});
}

TEST_CASE("a bias of the wrong shape is refused with both shapes", "[nn][linear]") {
  const std::vector<std::pair<Index, Index>> shapes = {{1, 2}, {1, 4}, {3, 1}, {0, 0}, {2, 3}};
  for (const auto& [rows, cols] : shapes) {
    INFO(rows << " × " << cols);
    try {
      const Linear linear(FrozenMatrix(eighths(kOut, kIn, 1)), Matrix::Zero(rows, cols));
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      const std::string given = "not (" + std::to_string(rows) + ", " + std::to_string(cols) + ")";
      CHECK(error.kind() == ErrorKind::input);
      CHECK(std::string(error.what()).find("(1, 3)") != std::string::npos);
      CHECK(std::string(error.what()).find(given) != std::string::npos);
    }
  }
}

TEST_CASE("a linear layer is drawn as torch.nn.Linear draws it", "[nn][linear]") {
  int layers = 0;
  for (const auto& record : test::golden("draws.json")) {
    const auto& call = record.at("calls").front();
    if (call.at("call") != "linear_weight_bias") continue;
    const auto in = call.at("args").at("in").get<Index>();
    const auto out = call.at("args").at("out").get<Index>();
    INFO(in << " to " << out);
    Rng rng(test::unsigned_of(record.at("seed")));
    Linear linear = Linear::drawn(in, out, rng);
    std::vector<float> drawn(linear.weight().map().data(), linear.weight().map().data() + in * out);
    const Matrix& bias = linear.bias()->value;
    drawn.insert(drawn.end(), bias.data(), bias.data() + out);
    test::check_bits(drawn, call);
    ++layers;
  }
  CHECK(layers == 3);
}
