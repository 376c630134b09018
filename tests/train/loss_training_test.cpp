// Trainings with every loss against PyTorch's: tests/golden/losses.py made the numbers.
#include <set>
#include <string>
#include <vector>

#include "lora/loss/loss.h"
#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("training goes step by step where PyTorch's losses lead", "[train][loss][golden]") {
  std::set<std::string> seen;
  for (const nlohmann::json& record : golden("loss_trainings.json")) {
    const std::string loss = record["loss"];
    INFO(loss << ", seed " << record["seed"]);
    Training training = training_of(record, training_options(record));
    std::vector<double> losses;
    for (const LossSum& sum : losses_of_steps(training)) losses.push_back(as_float32(sum));
    REQUIRE(losses.size() == 20);
    check_losses(losses, record["step_losses"]);
    check_close(training.A(), record["A"]);
    check_close(training.B(), record["B"]);
    check_close(training.bias(), record["b"]);
    seen.insert(loss);
  }
  for (const LossKind& kind : loss_kinds()) {
    INFO(kind.name);
    CHECK(seen.contains(std::string(kind.name)));
  }
}
