// Outputs, losses and gradients against PyTorch's float64 ones in tests/golden/gradients.json.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/table.h"
#include "lora/loss/loss.h"
#include "lora/model/linear_head.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/matrices.h"
#include "support/parameters.h"

using namespace lora;
using lora::test::matrix_of;
using lora::test::relative_error;
using nlohmann::json;

namespace {

// Of the largest entry of each matrix.
constexpr double kTolerance = sizeof(Real) == 8 ? 1e-12 : 1e-5;

/// One record, as the library's objects.
struct Case {
  explicit Case(const json& record)
      : n(record.at("n")),
        in(record.at("in")),
        out(record.at("out")),
        rank(record.at("rank")),
        x(matrix_of(record.at("x"), n, in)),
        loss(find_entry(loss_kinds(), "loss", record.at("loss").get<std::string>()).make({})),
        batch{{}, x, std::nullopt, {}, std::nullopt} {
    if (record.contains("targets")) {
      targets = matrix_of(record.at("targets"), n, out);
      batch.targets.emplace(targets);
    } else {
      labels = test::labels_of(record.at("labels"));
      batch.labels = labels;
    }
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  Index n, in, out, rank;
  Matrix x;
  Matrix targets;
  std::vector<std::int32_t> labels;
  std::unique_ptr<Loss> loss;
  Batch batch;
};

Linear linear_of(const json& record, const Case& c) {
  Linear linear(FrozenMatrix(matrix_of(record.at("W"), c.out, c.in)),
                matrix_of(record.at("b"), 1, c.out));
  linear.bias()->set_trainable(true);
  linear.attach(std::make_unique<LoraAdapter>(matrix_of(record.at("A"), c.rank, c.in),
                                              matrix_of(record.at("B"), c.out, c.rank),
                                              record.at("scale").get<double>()));
  return linear;
}

void check_close(const char* name, const View& actual, const json& expected) {
  INFO(name);
  CHECK(relative_error(actual, matrix_of(expected, actual.rows(), actual.cols())) <= kTolerance);
}

/// Checks output and loss, and returns the loss's gradient.
Matrix check_loss(const json& record, const Case& c, const Matrix& y) {
  Matrix dy(c.n, c.out);
  MutableView dy_view(dy);
  const LossSum loss = c.loss->evaluate(y, c.batch, &dy_view, Compute());
  check_close("y", y, record.at("y"));
  CHECK(loss.sum == Approx(record.at("loss_sum").get<double>()).epsilon(kTolerance));
  CHECK(loss.weight == record.at("weight").get<double>());
  return dy;
}

template <class Layer>
void check_parameters(const json& record, Layer& layer) {
  test::Parameters parameters;
  layer.visit(parameters);
  check_close("dA", parameters["head.lora_A.weight"].grad, record.at("dA"));
  check_close("dB", parameters["head.lora_B.weight"].grad, record.at("dB"));
  check_close("db", parameters["head.bias"].grad, record.at("db"));
}

template <class Check>
void for_each_record(const Check& check) {
  const json records = test::golden("gradients.json");
  REQUIRE(records.size() >= 10);
  for (const json& record : records) {
    INFO(record.at("loss") << ", " << record.at("n") << " rows, " << record.at("in") << " to "
                           << record.at("out") << ", rank " << record.at("rank"));
    check(record, Case(record));
  }
}

}  // namespace

TEST_CASE("an adapted layer has PyTorch's outputs, losses and gradients, those of x included",
          "[model][golden]") {
  for_each_record([](const json& record, const Case& c) {
    Linear linear = linear_of(record, c);
    Compute compute;
    Tape tape(compute);
    tape.reset(Mode::train);
    Matrix y(c.n, c.out);
    linear.forward(c.x, y, tape);
    Matrix dx = Matrix::Zero(c.n, c.in);
    MutableView dx_view(dx);
    linear.backward(check_loss(record, c, y), &dx_view, tape);
    check_close("dx", dx, record.at("dx"));
    LinearHead head("head", std::move(linear));
    check_parameters(record, head);
  });
}

TEST_CASE("a linear head has PyTorch's outputs, losses and gradients, from its base product too",
          "[model][golden]") {
  for_each_record([](const json& record, const Case& c) {
    for (const bool from_below : {false, true}) {
      INFO((from_below ? "from the base product" : "from x"));
      LinearHead head("head", linear_of(record, c));
      Compute compute;
      Tape tape(compute);
      tape.reset(Mode::infer);
      const Matrix product = head.below(c.batch, tape).product;
      Batch batch = c.batch;
      if (from_below) batch.below.emplace(Below{c.x, product});
      tape.reset(Mode::train);
      Matrix y(c.n, c.out);
      head.forward(batch, y, tape);
      head.backward(check_loss(record, c, y), tape);
      check_parameters(record, head);
    }
  });
}
