#include "lora/nn/dora_adapter.h"

#include <memory>
#include <string>

#include "lora/core/error.h"
#include "lora/nn/linear.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/parameters.h"

using namespace lora;
using lora::test::eighths;

TEST_CASE("DoRA by hand: each row of the weight gets its magnitude as length", "[nn][adapter]") {
  // W + 2·B·A has the rows (3, 4) and (0, 5): lengths 5 and 5.
  const Matrix W{{1, 4}, {0, 1}};
  const Matrix A{{1, 0}, {0, 1}};
  const Matrix B{{1, 0}, {0, 2}};
  Linear layer(FrozenMatrix(W), Matrix{{0.5, -0.5}});
  layer.attach(std::make_unique<DoraAdapter>(A, B, Matrix{{10, 2.5}}, 2));
  const DoubleMatrix delta = layer.adapter()->delta(layer.weight(), 0, 2);
  CHECK((delta - DoubleMatrix{{6 - 1, 8 - 4}, {0, 2.5 - 1}}).cwiseAbs().maxCoeff() < 1e-12);

  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::train);
  const Matrix x{{1, 1}, {2, 0}};
  Matrix y(2, 2);
  layer.forward(x, y, tape);
  CHECK(test::relative_error(y, Matrix{{14.5, 2}, {12.5, -0.5}}) < 1e-6);

  // dm_j = Σ dy·(x·v_j)/‖v_j‖: (7 + 2·6)/5 for the first, (3·5 + 0)/5 for the second. With c = 2
  // and 0.5, c∘dy is ((2, 1.5), (4, 0)).
  layer.backward(Matrix{{1, 3}, {2, 0}}, nullptr, tape);
  const auto parameters = test::parameters_of(layer);
  CHECK(test::relative_error(parameters["layer.lora_magnitude_vector"].grad,
                             Matrix{{static_cast<Real>(3.8), 3}}) < 1e-6);
  // dB = 2·(c∘dy)ᵀ·h with h = x; dA = (2·(c∘dy)·B)ᵀ·x.
  CHECK(test::relative_error(parameters["layer.lora_B.weight"].grad, Matrix{{20, 4}, {3, 3}}) <
        1e-6);
  CHECK(test::relative_error(parameters["layer.lora_A.weight"].grad, Matrix{{20, 4}, {6, 6}}) <
        1e-6);
}

TEST_CASE("DoRA refuses a weight with a row of zeros, and says which", "[nn][adapter]") {
  Matrix W = eighths(4, 3, 1);
  W.row(2).setZero();
  AdapterOptions options;
  options.rank = 2;
  Rng rng(1);
  try {
    DoraAdapter::make(options, FrozenMatrix(W), rng);
    FAIL_CHECK("accepted");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    CHECK(std::string(error.what()).find("output 3") != std::string::npos);
  }
  options.init = "normal";  // which starts off zero
  CHECK_NOTHROW(DoraAdapter::make(options, FrozenMatrix(W), rng));
}
