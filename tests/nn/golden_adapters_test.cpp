// The adapters against PEFT's, and against PyTorch's full fine-tuning: tests/golden/adapters.py
// made the numbers.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/core/table.h"
#include "lora/nn/lora_init.h"
#include "lora/ops/frozen.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/matrices.h"
#include "support/stored_weight.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

namespace {

/// The weight of a record, (out, in).
Matrix weight_of(const nlohmann::json& record) {
  const Index in = record["in"];
  const Index out = record["out"];
  if (!record["fan_in_fan_out"].get<bool>()) return matrix_of(record["W"], out, in);
  return matrix_of(record["W"], in, out).transpose();
}

/// It as a file has it.
StoredWeight stored_weight_of(const nlohmann::json& record) {
  const bool in_out = record["fan_in_fan_out"];
  return {weight_of(record), {DType::f32, in_out ? Layout::in_out : Layout::out_in}};
}

double scale_of(const nlohmann::json& record) {
  return record["alpha"].get<double>() / record["rank"].get<double>();
}

double largest_difference(const View& a, const View& b) {
  return static_cast<double>((a - b).cwiseAbs().maxCoeff());
}

std::string title_of(const nlohmann::json& record) {
  std::string title;
  for (const char* name : {"method", "init", "rslora", "dropout", "fan_in_fan_out", "bias",
                           "optimizer", "rank", "seed"}) {
    if (record.contains(name)) title += std::string(name) + " " + record[name].dump() + ", ";
  }
  return title;
}

TrainingOptions options_of(const nlohmann::json& record) {
  TrainingOptions options = training_options(record);
  options.method = record["method"];
  options.adapter.init = record["init"];
  options.adapter.dropout = record["dropout"];
  options.optimizer = record["optimizer"];
  options.groups.weight_decay = record["weight_decay"];
  return options;
}

/// What the adapted layer's weight has become.
DoubleMatrix adapted_weight(Training& training) {
  const Linear& linear = training.model.linear();
  Matrix base(linear.out_features(), linear.in_features());
  unpack_outputs(linear.weight(), 0, base);
  return base.cast<double>() + linear.adapter()->delta(linear.weight(), 0, base.rows());
}

/// Checks the trained numbers, but for factors whose signs are anybody's choice.
void check_parameters(Training& training, const nlohmann::json& record) {
  check_close(training.bias(), record["b"]);
  check_close(adapted_weight(training).cast<Real>(), record["adapted"]);
  if (record["method"] == "dense") return check_close(training.value("weight"), record["weight"]);
  check_close(training.B() * training.A(), record["product"]);
  if (record["init"] != "pissa") {
    check_close(training.A(), record["A"]);
    check_close(training.B(), record["B"]);
  }
  if (record["method"] == "dora") {
    check_close(training.value("lora_magnitude_vector"), record["magnitude"]);
  }
  if (record.contains("converted")) {
    const LoraFactors factors = training.model.linear().adapter()->converted().value();
    check_close(factors.B * factors.A, record["converted"]);
  }
}

}  // namespace

TEST_CASE("every initialisation starts with PEFT's factors, from the same numbers",
          "[nn][lora_init][golden]") {
  std::set<std::string> inits;
  for (const nlohmann::json& record : golden("factors.json")) {
    INFO(title_of(record));
    const StoredWeight stored = stored_weight_of(record);
    const FrozenMatrix weight = stored.frozen();
    const std::string init = record["init"];
    Rng rng(unsigned_of(record["seed"]));
    const LoraFactors factors =
        lora_init(init).draw({weight, record["rank"], scale_of(record), rng});
    const Matrix A = matrix_of(record["A"], record["rank"], record["in"]);
    const Matrix B = matrix_of(record["B"], record["out"], record["rank"]);
    const Matrix product = matrix_of(record["product"], record["out"], record["in"]);
    CHECK(largest_difference(factors.B * factors.A, product) < 2e-6);
    if (init == "gaussian") {
      CHECK(same_bits(factors.A, A));
      CHECK(factors.B.isZero(0));
    } else if (init != "pissa") {  // the signs of its vectors are anybody's choice
      CHECK(largest_difference(factors.A, A) < 2e-6);
      CHECK(largest_difference(factors.B, B) < 2e-6);
    } else {
      CHECK(largest_difference(factors.A.cwiseAbs(), A.cwiseAbs()) < 5e-6);
      CHECK(largest_difference(factors.B.cwiseAbs(), B.cwiseAbs()) < 5e-6);
    }
    CHECK(same_bits(rng.uniform(1, 2, 0, 1), matrix_of(record["next"], 1, 2)));
    inits.insert(init);
  }
  CHECK(inits == std::set<std::string>{"gaussian", "orthogonal", "pissa", "olora"});
}

TEST_CASE("training goes step by step where PEFT's adapters and PyTorch's whole weight go",
          "[nn][adapter][golden]") {
  std::set<std::string> methods;
  for (const nlohmann::json& record : golden("adapters.json")) {
    INFO(title_of(record));
    const StoredWeight stored = stored_weight_of(record);
    Linear base(stored.frozen(), matrix_of(record["b_initial"], 1, record["out"]));
    Training training(data_of(record), std::move(base), Rng(unsigned_of(record["seed"])),
                      options_of(record));
    std::vector<double> losses;
    for (const LossSum& loss : losses_of_steps(training)) losses.push_back(as_float32(loss));
    REQUIRE(losses.size() == 20);
    check_losses(losses, record["step_losses"]);
    check_parameters(training, record);
    const Matrix before = weight_of(record);
    Matrix after(before.rows(), before.cols());
    unpack_outputs(training.model.linear().weight(), 0, after);
    CHECK(same_bits(after, before));
    methods.insert(record["method"].get<std::string>());
  }
  for (const AdapterKind& kind : adapter_kinds()) CHECK(methods.contains(std::string(kind.name)));
}

TEST_CASE("what is dropped does not depend on the number of threads", "[nn][adapter]") {
  std::vector<std::vector<Real>> ends;
  for (const int threads : {1, 2, 3}) {
    TrainingOptions options;
    options.method = "dora";
    options.adapter.dropout = 0.3;
    options.batch_size = 300;
    options.shuffle = true;
    options.threads = threads;
    options.config.epochs = 2;
    Rng rng(8);
    Dataset data = random_regression(700, 65, 33, rng);
    Linear base = Linear::drawn(65, 33, rng);
    Training training(std::move(data), std::move(base), std::move(rng), options);
    losses_of_steps(training);
    ends.push_back(training.numbers());
  }
  CHECK(same_bits(ends[0], ends[1]));
  CHECK(same_bits(ends[0], ends[2]));
}
