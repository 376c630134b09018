#include "lora/core/tape.h"

#include <stdexcept>

#include "lora/core/rng.h"
#include "support/catch.h"

using namespace lora;

TEST_CASE("a tape gives frames back in reverse order and only to their owner", "[core][tape]") {
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::train);
  const Matrix a = Matrix::Constant(2, 3, 1);
  const Matrix b = Matrix::Constant(4, 1, 2);
  const int first = 0;
  const int second = 0;
  tape.save(&first, {a});
  tape.save(&second, {b, a});
  REQUIRE(tape.frames() == 2);

  REQUIRE_THROWS_AS(tape.take(&first), std::logic_error);
  const auto& saved = tape.take(&second);
  REQUIRE(saved.size() == 2);
  CHECK(saved[0].data() == b.data());
  CHECK(saved[1].rows() == 2);
  CHECK(tape.take(&first).front().data() == a.data());
  REQUIRE_THROWS_AS(tape.take(&first), std::logic_error);
}

TEST_CASE("a tape keeps no frame in infer mode", "[core][tape]") {
  Compute compute;
  Tape tape(compute);
  tape.reset(Mode::infer);
  const Matrix a = Matrix::Zero(1, 1);
  tape.save(&a, {a});
  CHECK(tape.frames() == 0);
}

TEST_CASE("the buffers of a tape do not overlap and start on cache lines", "[core][tape]") {
  Compute compute;
  Tape tape(compute);
  for (int pass = 0; pass < 3; ++pass) {
    tape.reset(Mode::train);
    auto a = tape.buffer(33, 7);
    auto b = tape.buffer(5000, 3);
    auto c = tape.buffer(1, 1);
    a.setConstant(1);
    b.setConstant(2);
    c.setConstant(3);
    CHECK(a.minCoeff() == 1);
    CHECK(a.maxCoeff() == 1);
    CHECK(b.minCoeff() == 2);
    CHECK(b.maxCoeff() == 2);
    CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % 64 == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(c.data()) % 64 == 0);
  }
}

TEST_CASE("a tape has the generator that it was given, and none otherwise", "[core][tape]") {
  Compute compute;
  Rng rng(1);
  CHECK(&Tape(compute, &rng).rng() == &rng);
  CHECK_THROWS_AS(Tape(compute).rng(), std::logic_error);
}
