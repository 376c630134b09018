#include "lora/model/linear_stack.h"

#include <memory>
#include <utility>

#include "lora/core/error.h"
#include "lora/nn/dense_adapter.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/parameters.h"

using namespace lora;
using lora::test::eighths;

namespace {

/// 5 → 4 (relu) → 6 → 3, biases in the first and the last.
LinearStack stack() {
  std::vector<Stage> stages;
  const ActivationKind& relu = activation_kinds().front();
  stages.push_back(
      {"0", Linear(FrozenMatrix(eighths(4, 5, 1)), eighths(1, 4, 2)), Activation(relu, 4)});
  stages.push_back({"2", Linear(FrozenMatrix(eighths(6, 4, 3)))});
  stages.push_back({"3", Linear(FrozenMatrix(eighths(3, 6, 4)), eighths(1, 3, 5))});
  return LinearStack(std::move(stages));
}

/// Finds the layer of a name.
class Finder : public Visitor {
 public:
  Finder(Model& model, std::string name) : name_(std::move(name)) { model.visit(*this); }
  void linear(const std::string& name, Linear& layer) override {
    if (name == name_) found = &layer;
  }
  Linear* found = nullptr;

 private:
  std::string name_;
};

void adapt(LinearStack& model, const std::string& name) {
  Linear& layer = *Finder(model, name).found;
  layer.attach(std::make_unique<LoraAdapter>(eighths(2, layer.in_features(), 7),
                                             eighths(layer.out_features(), 2, 8), 0.5));
}

/// With eighths every product and sum is exact.
Matrix by_hand(const Matrix& x) {
  Matrix h = x * eighths(4, 5, 1).transpose();
  h.rowwise() += eighths(1, 4, 2).row(0);
  h = h.cwiseMax(Real{0});
  Matrix y = h * eighths(6, 4, 3).transpose() * eighths(3, 6, 4).transpose();
  y.rowwise() += eighths(1, 3, 5).row(0);
  return y;
}

Matrix output(const LinearStack& model, const Batch& batch, Tape& tape) {
  Matrix y(batch.size(), model.out_features());
  model.forward(batch, y, tape);
  return y;
}

}  // namespace

TEST_CASE("a stack is its layers one after the other, with activations between them",
          "[model][linear_stack]") {
  const LinearStack model = stack();
  CHECK(model.in_features() == 5);
  CHECK(model.out_features() == 3);
  const Matrix x = eighths(7, 5, 6);
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  CHECK(output(model, {{}, x, {}, {}, {}}, tape) == by_hand(x));
}

TEST_CASE("a stack starts at what is kept of its lowest trained layer", "[model][linear_stack]") {
  LinearStack model = stack();
  adapt(model, "3");
  const Matrix x = eighths(7, 5, 6);
  Batch batch{{}, x, {}, {}, {}};
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  const Matrix from_x = output(model, batch, tape);
  CHECK(model.below_features().input == 6);
  CHECK(model.below_features().product == 3);
  const Below below = model.below(batch, tape);
  CHECK(below.product == below.input * eighths(3, 6, 4).transpose());

  batch.below.emplace(below);
  compute.products = 0;
  CHECK(output(model, batch, tape) == from_x);
  CHECK(compute.products == 2);  // h = input·Aᵀ and h·Bᵀ
}

TEST_CASE("the lowest trained layer of a stack may be any, and may be its bias alone",
          "[model][linear_stack]") {
  LinearStack model = stack();
  adapt(model, "2");
  CHECK(model.below_features().input == 4);
  CHECK(model.below_features().product == 6);
  Finder(model, "0").found->bias()->set_trainable(true);
  CHECK(model.below_features().input == 0);
  CHECK(model.below_features().product == 4);
}

TEST_CASE("what stands in a weight's place needs no product, but its input",
          "[model][linear_stack]") {
  LinearStack model = stack();
  Finder(model, "3").found->attach(std::make_unique<DenseAdapter>(eighths(3, 6, 4)));
  CHECK(model.below_features().input == 6);
  CHECK(model.below_features().product == 0);
  const Matrix x = eighths(7, 5, 6);
  Batch batch{{}, x, {}, {}, {}};
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  const Below below = model.below(batch, tape);
  CHECK(below.product.cols() == 0);
  batch.below.emplace(below);
  CHECK(output(model, batch, tape) == by_hand(x));
}

TEST_CASE("backward goes no deeper into a stack than the lowest trained layer",
          "[model][linear_stack]") {
  LinearStack model = stack();
  adapt(model, "2");
  const Matrix x = eighths(7, 5, 6);
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::train);
  output(model, {{}, x, {}, {}, {}}, tape);
  CHECK(tape.frames() == 1);  // the adapter's: the activation lies below it
  compute.products = 0;
  model.backward(eighths(7, 3, 9), tape);
  CHECK(compute.products == 4);  // dx of layer 3; dB, dh and dA of the adapter
  CHECK(tape.frames() == 0);
}

TEST_CASE("a stack of layers that do not fit each other is refused", "[model][linear_stack]") {
  std::vector<Stage> stages;
  stages.push_back({"0", Linear(FrozenMatrix(eighths(4, 5, 1)))});
  stages.push_back({"2", Linear(FrozenMatrix(eighths(6, 3, 3)))});
  CHECK_THROWS_WITH(LinearStack(std::move(stages)),
                    "layer 2 takes 3 features, but 0 before it gives 4");
  CHECK_THROWS_WITH(LinearStack({}), "a stack needs at least one linear layer");
}
