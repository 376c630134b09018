#include "lora/loss/confusion.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "support/catch.h"

using namespace lora;

TEST_CASE("a confusion counts rows by label and prediction", "[loss][confusion]") {
  // Predictions: 0, 1 (the first of equal outputs), 1, 0.
  Matrix y(4, 4);
  y << 5, 0, 1, 0,  //
      0, 3, 3, 3,   //
      0, 9, 1, 0,   //
      1, 1, 1, 1;
  const std::vector<std::int32_t> labels = {0, 2, 1, 2};
  const std::vector<Real> weights = {1, 2, 0.5, 4};
  Confusion confusion(4);
  confusion.add(y, {{}, y, {}, labels, {}, weights});

  const std::vector<std::vector<double>> expected = {
      {1, 0, 0, 0}, {0, 0.5, 0, 0}, {4, 2, 0, 0}, {0, 0, 0, 0}};
  for (Index label = 0; label < 4; ++label) {
    for (Index predicted = 0; predicted < 4; ++predicted) {
      INFO("label " << label << ", predicted " << predicted);
      CHECK(confusion.count(label, predicted) ==
            expected[static_cast<std::size_t>(label)][static_cast<std::size_t>(predicted)]);
    }
  }
  CHECK(confusion.result() == 1.5 / 7.5);

  const std::vector<ClassFigures> figures = confusion.figures();
  REQUIRE(figures.size() == 4);
  CHECK(figures[0].precision == 1.0 / 5);
  CHECK(figures[0].recall == 1);
  CHECK(figures[0].f1 == 2.0 / 6);
  CHECK(figures[0].support == 1);
  CHECK(figures[2].precision == 0);  // never predicted
  CHECK(figures[2].recall == 0);
  CHECK(figures[2].support == 6);
  CHECK(std::isnan(figures[3].precision));  // does not occur
  CHECK(std::isnan(figures[3].recall));
  CHECK(std::isnan(figures[3].f1));
  CHECK(figures[3].support == 0);
}

TEST_CASE("a confusion is for up to 512 classes", "[loss][confusion]") {
  CHECK(Confusion::fits(1));
  CHECK(Confusion::fits(512));
  CHECK_FALSE(Confusion::fits(513));
}
