#include "lora/core/group.h"

#include "support/catch.h"
#include "support/processes.h"

using namespace lora;

TEST_CASE("numbers of several processes come in rank order", "[core][group]") {
  std::vector<std::vector<std::vector<double>>> wide(3);
  std::vector<std::vector<std::int32_t>> labels(3);
  test::run_processes(3, [&](Group& group) {
    const auto rank = static_cast<std::size_t>(group.rank());
    const std::vector<double> own(rank, 0.5 + group.rank());
    wide[rank] = gather_wide(group, own);
    const std::vector<std::int32_t> label = {group.rank(), -7};
    labels[rank] = gather_labels(group, label);
  });
  for (std::size_t rank = 0; rank < 3; ++rank) {
    CHECK(wide[rank] == std::vector<std::vector<double>>{{}, {1.5}, {2.5, 2.5}});
    CHECK(labels[rank] == std::vector<std::int32_t>{0, -7, 1, -7, 2, -7});
  }
}

TEST_CASE("one process is its own sum", "[core][group]") {
  SingleProcess alone;
  const std::vector<double> own = {1, 2};
  CHECK(gather_wide(alone, own) == std::vector<std::vector<double>>{{1, 2}});
  CHECK(alone.is_first());
}
