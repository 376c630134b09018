// Clipping and accumulation against PyTorch's loop: tests/golden/loops.py made the numbers.
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/golden.h"
#include "support/golden_training.h"
#include "support/training.h"

using namespace lora;
using namespace lora::test;

TEST_CASE("clipped and accumulated steps are PyTorch's, ragged last windows included",
          "[train][golden]") {
  std::size_t clipped = 0;
  for (const nlohmann::json& record : golden("loops.json")) {
    CAPTURE(record["accumulate"], record["clip_norm"], record["seed"]);
    TrainingOptions options = training_options(record);
    options.config.accumulate = record["accumulate"];
    options.config.clip_norm = record["clip_norm"];
    Training training = training_of(record, options);
    std::vector<double> losses;
    for (const LossSum& loss : losses_of_steps(training)) losses.push_back(as_float32(loss));
    check_losses(losses, record["step_losses"]);
    check_close(training.A(), record["A"]);
    check_close(training.B(), record["B"]);
    check_close(training.bias(), record["b"]);
    for (const double norm : record["norms"]) {
      if (options.config.clip_norm > 0 && norm > options.config.clip_norm) ++clipped;
    }
  }
  CHECK(clipped > 20);
}
