#include "lora/loss/label_report.h"

#include <cmath>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

struct Expected {
  double precision, recall, f1, support;
};

void check_figures(const std::vector<ClassFigures>& figures, const std::vector<Expected>& list) {
  REQUIRE(figures.size() == list.size());
  for (std::size_t i = 0; i < list.size(); ++i) {
    INFO("label " << i);
    CHECK(figures[i].precision == Approx(list[i].precision).epsilon(1e-7));
    CHECK(figures[i].recall == Approx(list[i].recall).epsilon(1e-7));
    CHECK(figures[i].f1 == Approx(list[i].f1).epsilon(1e-7));
    CHECK(figures[i].support == list[i].support);
  }
}

}  // namespace

// Expected: sklearn.metrics.precision_recall_fscore_support(targets >= 0.5, outputs > 0).
TEST_CASE("each label's precision, recall and F1 are scikit-learn's", "[loss][label_report]") {
  Matrix y(5, 4);
  Matrix t(5, 4);
  y << 1.5F, -1, 2, -3, -0.5F, 2, 1, -1, 0.25F, -2, -1, -1, 0, 1, 3, -2, 2, -1, 0.5F, -0.1F;
  t << 1, 0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0.5F, 1, 0, 1, 0.25F, 1, 0;
  LabelReport report(4);
  report.add(y.topRows(2), {{}, y.topRows(2), View(t.topRows(2)), {}, {}});
  report.add(y.bottomRows(3), {{}, y.bottomRows(3), View(t.bottomRows(3)), {}, {}});
  std::vector<ClassFigures> figures = report.figures();
  CHECK(std::isnan(figures.back().f1));  // nobody has it, nobody was said to
  CHECK(figures.back().support == 0);
  figures.pop_back();
  check_figures(figures,
                {{2.0 / 3, 0.5, 0.57142857, 4}, {1, 0.66666667, 0.8, 3}, {0.75, 1, 0.85714286, 3}});
  CHECK(report.result() == Approx((0.57142857 + 0.8 + 0.85714286) / 3).epsilon(1e-7));

  const std::vector<Real> weights = {1, 2, 1, 3, 0.5F};
  report.reset();
  report.add(y, {{}, y, View(t), {}, {}, weights});
  figures = report.figures();
  figures.pop_back();
  check_figures(figures, {{0.6, 0.23076923, 0.33333333, 6.5},
                          {1, 0.83333333, 0.90909091, 6},
                          {0.69230769, 1, 0.81818182, 4.5}});
}
