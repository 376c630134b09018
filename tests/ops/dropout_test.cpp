#include "lora/ops/dropout.h"

#include <cmath>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;

TEST_CASE("dropout takes some numbers away and lets the others grow", "[ops][dropout]") {
  const Matrix x = Matrix::Constant(200, 50, 3);
  Matrix noise(200, 50);
  Matrix y(200, 50);
  for (const double p : {0.1, 0.5, 0.75}) {
    INFO("p = " << p);
    Rng rng(4);
    dropout(x, p, rng, noise, y);
    CHECK(y == 3 * noise);
    const auto kept = static_cast<Real>(1 / (1 - p));
    CHECK((noise.array() == 0 || (noise.array() - kept).abs() < 1e-6F).all());
    const double share = static_cast<double>((noise.array() == 0).count()) / 1e4;
    CHECK(std::abs(share - p) < 0.02);
  }
}

TEST_CASE("dropout draws two numbers for each element, row after row", "[ops][dropout]") {
  const Matrix x = eighths(3, 5, 1);
  Matrix noise(3, 5);
  Matrix y(3, 5);
  Rng rng(4);
  dropout(x, 0.3, rng, noise, y);
  Rng same(4);
  for (Index i = 0; i < x.size(); ++i) {
    const double u = static_cast<double>(same.random64() & ((1ULL << 53U) - 1)) * 0x1p-53;
    CHECK((noise.data()[i] != 0) == (u < 0.7));
  }
  CHECK(rng.random() == same.random());
}

TEST_CASE("a gradient goes back where dropout let a number through", "[ops][dropout]") {
  const Matrix noise{{2, 0}, {0, 2}};
  const Matrix dy{{1, 2}, {3, 4}};
  Matrix dx = Matrix::Ones(2, 2);
  dropout_backward(dy, noise, dx);
  CHECK(dx == Matrix{{3, 1}, {1, 9}});
}
