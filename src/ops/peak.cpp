#include "lora/ops/peak.h"

#include <algorithm>
#include <chrono>

#include "lora/core/matrix.h"
#include "lora/ops/matmul.h"
#include "lora/ops/parallel.h"

namespace lora {

namespace {

constexpr Index kSide = 1024;               // of the product
constexpr Index kNumbers = Index{1} << 26;  // more than the caches hold, in float
constexpr Index kPiece = Index{1} << 16;
constexpr double kSeconds = 0.2;

/// Of a call, the least after a first one that is not counted.
template <class Call>
double best_seconds(const Call& call) {
  using Clock = std::chrono::steady_clock;
  call();
  double best = 0;
  double sum = 0;
  while (sum < kSeconds) {
    const auto start = Clock::now();
    call();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    best = sum == 0 ? seconds : std::min(best, seconds);
    sum += seconds;
  }
  return best;
}

double product_seconds(int threads) {
  Compute compute{threads};
  const Matrix x = Matrix::Constant(kSide, kSide, Real{1});
  Matrix y(kSide, kSide);
  return best_seconds([&] { matmul_nt(x, x, y, Real{1}, Real{0}, compute); });
}

double reading_seconds(int threads) {
  const Compute compute{threads};
  const Matrix numbers = Matrix::Constant(kNumbers / kPiece, kPiece, Real{1});
  double sum = 0;
  const double seconds = best_seconds([&] {
    sum += sum_over_blocks(compute, numbers.rows(), static_cast<double>(kNumbers),
                           [&](Index i) { return static_cast<double>(numbers.row(i).sum()); });
  });
  return sum > 0 ? seconds : 0;
}

}  // namespace

Peak measure_peak(const Compute& compute) {
  return {static_cast<double>(kSide * kSide * kSide) / product_seconds(compute.threads),
          static_cast<double>(kNumbers) * sizeof(Real) / reading_seconds(compute.threads)};
}

}  // namespace lora
