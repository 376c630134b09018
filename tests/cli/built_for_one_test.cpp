// A program that was built without MPI, and started by mpirun all the same.
#include <cstdlib>

#include "support/catch.h"
#include "support/run_program.h"

using namespace lora::test;

TEST_CASE("a program that was built for one process says so when mpirun starts several", "[cli]") {
  const TemporaryDirectory directory;
  REQUIRE(setenv("OMPI_COMM_WORLD_SIZE", "2", 1) == 0);
  const ProgramResult train = run_lora_train(directory.path(), "--in 4 --out 2 --epochs 1 --json");
  const ProgramResult help = run_lora_train(directory.path(), "--help");
  REQUIRE(unsetenv("OMPI_COMM_WORLD_SIZE") == 0);
  CAPTURE(train.err, help.err);
  CHECK(train.exit_code == 2);
  CHECK(train.err.find("built for one") != std::string::npos);
  CHECK(lines_of(train.err).size() == 1);
  CHECK(train.out.find("\"exit_code\":2") != std::string::npos);
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("--epochs") != std::string::npos);
}
