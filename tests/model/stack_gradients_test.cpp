// The backward pass of a stack against finite differences, in double: every activation, with every
// layer adapted, and with the lowest trained one in each place.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lora/model/linear_stack.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/finite_differences.h"
#include "support/matrices.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// 5 → 4 → 6 → 3 with that activation in each gap; layers from `lowest` on have adapters and
/// trained biases. Shifted off zero, where relu has no derivative.
LinearStack stack(const ActivationKind& kind, std::size_t lowest) {
  const std::vector<Index> widths = {5, 4, 6, 3};
  std::vector<Stage> stages;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const Index in = widths[i];
    const Index out = widths[i + 1];
    const auto seed = static_cast<std::uint32_t>(10 * i);
    Linear linear(FrozenMatrix(fractions(out, in, seed + 1)), fractions(1, out, seed + 2));
    if (i >= lowest) {
      linear.attach(std::make_unique<LoraAdapter>(fractions(2, in, seed + 3),
                                                  fractions(out, 2, seed + 4), 0.7));
      linear.bias()->set_trainable(true);
    }
    stages.push_back({std::to_string(2 * i), std::move(linear), Activation(kind, out)});
  }
  stages.back().activation.reset();
  return LinearStack(std::move(stages));
}

void check_gradients(LinearStack& model, bool with_below) {
  const Matrix x = fractions(6, 5, 90);
  const Matrix dy = fractions(6, 3, 91);
  Compute compute;
  Tape tape(compute);
  Tape below_tape(compute);
  below_tape.reset(Mode::infer);
  Batch batch{{}, x, {}, {}, {}};
  if (with_below) batch.below.emplace(model.below(batch, below_tape));
  Matrix y(6, 3);
  const auto output = [&] {
    tape.reset(Mode::infer);
    model.forward(batch, y, tape);
    return y.cwiseProduct(dy).sum();
  };
  tape.reset(Mode::train);
  model.forward(batch, y, tape);
  model.backward(dy, tape);
  CHECK(tape.frames() == 0);
  std::size_t trained = 0;
  for (const NamedParameter& named : Walk(model).parameters) {
    if (!named.parameter->trainable()) continue;
    INFO(named.name);
    const Matrix wanted = finite_differences(named.parameter->value, output);
    CHECK(relative_error(named.parameter->grad, wanted) < 1e-7);
    named.parameter->grad.setZero();
    ++trained;
  }
  CHECK(trained > 0);
}

}  // namespace

TEST_CASE("gradients of a stack are its finite differences", "[model][linear_stack]") {
  for (const ActivationKind& kind : activation_kinds()) {
    for (const std::size_t lowest : {0U, 1U, 2U}) {
      for (const bool with_below : {false, true}) {
        INFO(kind.name << ", trained from layer " << lowest << ", kept below: " << with_below);
        LinearStack model = stack(kind, lowest);
        check_gradients(model, with_below);
      }
    }
  }
}
