#include "lora/ops/dropout.h"

#include <cmath>
#include <cstdint>
#include <vector>

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

TEST_CASE("the rows of other processes draw their numbers too", "[ops][dropout]") {
  const Matrix x = eighths(5, 4, 1);
  Matrix all_noise(5, 4);
  Matrix all_y(5, 4);
  Rng whole(6);
  dropout(x, 0.4, whole, all_noise, all_y);
  const std::uint32_t next = whole.random();
  for (const std::vector<Index>& places : {std::vector<Index>{1, 2, 4}, {0}, {}}) {
    const auto count = static_cast<Index>(places.size());
    Matrix own_x(count, 4);
    for (Index i = 0; i < count; ++i) own_x.row(i) = x.row(places[static_cast<std::size_t>(i)]);
    Matrix noise(count, 4);
    Matrix y(count, 4);
    Rng rng(6);
    dropout(own_x, 0.4, rng, noise, y, RowPlaces{places, 5});
    for (Index i = 0; i < count; ++i) {
      CHECK(noise.row(i) == all_noise.row(places[static_cast<std::size_t>(i)]));
      CHECK(y.row(i) == all_y.row(places[static_cast<std::size_t>(i)]));
    }
    CHECK(rng.random() == next);
  }
}
