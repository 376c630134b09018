#include "lora/model/linear_head.h"

#include <memory>
#include <utility>

#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/parameters.h"

using namespace lora;
using lora::test::eighths;

namespace {

LinearHead head_with_adapter() {
  Linear linear(FrozenMatrix(eighths(3, 4, 1)), eighths(1, 3, 2));
  linear.attach(std::make_unique<LoraAdapter>(eighths(2, 4, 3), eighths(3, 2, 4), 0.5));
  return {"model.head", std::move(linear)};
}

}  // namespace

TEST_CASE("a linear head starts at the base product that a batch brings", "[model][linear_head]") {
  const LinearHead head = head_with_adapter();
  const Matrix x = eighths(5, 4, 5);
  Batch batch{{}, x, {}, {}, {}};
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  Matrix from_x(5, 3);
  head.forward(batch, from_x, tape);
  CHECK(compute.products == 3);

  const Below below = head.below(batch, tape);
  CHECK(below.input.data() == x.data());
  CHECK(below.product.cols() == head.below_features().product);
  CHECK(head.below_features().input == 0);
  CHECK(below.product == x * eighths(3, 4, 1).transpose());

  batch.below.emplace(below);
  compute.products = 0;
  Matrix from_below(5, 3);
  head.forward(batch, from_below, tape);
  CHECK(compute.products == 2);  // x·Aᵀ and h·Bᵀ
  CHECK(from_below == from_x);

  const Matrix other = Matrix::Zero(5, 3);
  batch.below.emplace(Below{below.input, other});
  head.forward(batch, from_below, tape);
  CHECK(from_below == from_x - below.product);
}

TEST_CASE("nobody below a linear head wants the gradient of its input", "[model][linear_head]") {
  LinearHead head = head_with_adapter();
  const Matrix x = eighths(5, 4, 5);
  const Matrix dy = eighths(5, 3, 6);
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::train);
  Matrix y(5, 3);
  head.forward({{}, x, {}, {}, {}}, y, tape);
  CHECK(tape.frames() == 1);
  compute.products = 0;
  head.backward(dy, tape);
  CHECK(compute.products == 3);  // dB, dh and dA
  CHECK(tape.frames() == 0);
}

TEST_CASE("a linear head has its layer's sides and its own name", "[model][linear_head]") {
  LinearHead head = head_with_adapter();
  CHECK(head.in_features() == 4);
  CHECK(head.out_features() == 3);
  CHECK(head.name() == "model.head");
  test::Parameters parameters;
  head.visit(parameters);
  CHECK(parameters["model.head.lora_A.weight"].value == eighths(2, 4, 3));
  CHECK(parameters["model.head.lora_B.weight"].value == eighths(3, 2, 4));
  CHECK(parameters["model.head.bias"].value == eighths(1, 3, 2));
}
