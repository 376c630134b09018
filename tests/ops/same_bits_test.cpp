// Results must not depend on the number of threads: compared bit by bit, on numbers whose sums
// depend on the order.
#include "support/same_bits.h"

#include <csignal>
#include <sys/time.h>
#include <vector>

#include "lora/core/tape.h"
#include "lora/ops/frozen.h"
#include "lora/ops/matmul.h"
#include "support/catch.h"
#include "support/matrices.h"
#include "support/stored_weight.h"

using namespace lora;
using lora::test::check_threads;
using lora::test::fractions;
using lora::test::kStorages;
using lora::test::StoredWeight;

namespace {

/// Rows, inner dimension and columns; small and large ones, few rows, few columns, ragged blocks.
struct Shape {
  Index n;
  Index k;
  Index m;
};

const std::vector<Shape> kShapes = {
    {8, 4096, 1024}, {512, 1024, 64}, {8, 1024, 513}, {1, 3000, 700},  {256, 128, 513},
    {257, 300, 129}, {1000, 64, 10},  {1025, 33, 65}, {513, 257, 300}, {600, 4, 520},
};

/// While it lives, a signal handler runs in this process every half of a millisecond of computing.
class ManySignals {
 public:
  ManySignals() {
    std::signal(SIGPROF, [](int) { seen = seen + 1; });
    every({0, 500});
  }
  ManySignals(const ManySignals&) = delete;
  ManySignals& operator=(const ManySignals&) = delete;
  ~ManySignals() {
    every({0, 0});
    std::signal(SIGPROF, SIG_IGN);
  }

  static volatile std::sig_atomic_t seen;

 private:
  static void every(timeval time) {
    const itimerval timer{time, time};
    setitimer(ITIMER_PROF, &timer, nullptr);
  }
};

volatile std::sig_atomic_t ManySignals::seen = 0;

}  // namespace

TEST_CASE("products have the same bits when signals arrive meanwhile", "[ops][matmul]") {
  const Matrix x = fractions(512, 512, 1);
  const Matrix W = fractions(512, 512, 2);
  Compute compute{1};
  const auto products = [&] {
    Matrix C = Matrix::Zero(512, 512);
    matmul_nt(x, W, C, 1, 1, compute);
    matmul_nn(x, W, C, 1, 1, compute);
    add_matmul_tn(x, W, C, 1, compute);
    return C;
  };
  const Matrix expected = products();
  const ManySignals signals;
  // A build without optimisation computes for seconds in one round, which is enough.
  for (int time = 0; time < 30 && ManySignals::seen < 2000; ++time) {
    if (!lora::test::same_bits(products(), expected)) FAIL("other bits in round " << time);
  }
  CHECK(ManySignals::seen > 10);
}

TEST_CASE("products have the same bits for every number of threads", "[ops][matmul]") {
  for (const Shape& shape : kShapes) {
    INFO(shape.n << " × " << shape.k << " × " << shape.m);
    const Matrix x = fractions(shape.n, shape.k, 1);
    const Matrix W = fractions(shape.m, shape.k, 2);
    const Matrix dy = fractions(shape.n, shape.m, 3);
    check_threads([&](Compute& compute) {
      Matrix y(shape.n, shape.m);
      matmul_nt(x, W, y, Real{0.3F}, 0, compute);
      return y;
    });
    check_threads([&](Compute& compute) {
      Matrix dx = x;
      matmul_nn(dy, W, dx, Real{0.3F}, 1, compute);
      return dx;
    });
    check_threads([&](Compute& compute) {
      Matrix dW = W;
      add_matmul_tn(dy, x, dW, Real{0.3F}, compute);
      return dW;
    });
  }
}

TEST_CASE("products with a frozen weight have the same bits for every number of threads",
          "[ops][frozen]") {
  const Matrix x = fractions(300, 270, 1);
  const Matrix dz = fractions(300, 290, 2);
  const Matrix W = fractions(290, 270, 3);
  for (const auto& storage : kStorages) {
    INFO(storage.text());
    const StoredWeight stored(W, storage);
    const FrozenMatrix frozen = stored.frozen();
    check_threads([&](Compute& compute) {
      Tape tape(compute);
      tape.reset(Mode::infer);
      Matrix z(300, 290);
      frozen_product(x, frozen, z, tape);
      return z;
    });
    check_threads([&](Compute& compute) {
      Tape tape(compute);
      tape.reset(Mode::infer);
      Matrix dx = x;
      frozen_product_backward(dz, frozen, dx, tape);
      return dx;
    });
  }
}
