#include "lora/loss/cosine.h"

#include <algorithm>
#include <cmath>

#include "lora/loss/rows.h"
#include "row_sums.h"

namespace lora {

namespace {

constexpr double kLeastNorm = 1e-8;

struct Products {
  double yy = 0;
  double yt = 0;
  double tt = 0;
};

Products products(const Real* y, const Real* t, Index n) {
  double yy = 0;
  double yt = 0;
  double tt = 0;
#pragma omp simd reduction(+ : yy, yt, tt)
  for (Index j = 0; j < n; ++j) {
    const auto of_output = static_cast<double>(y[j]);
    const auto of_target = static_cast<double>(t[j]);
    yy += of_output * of_output;
    yt += of_output * of_target;
    tt += of_target * of_target;
  }
  return {yy, yt, tt};
}

/// 1 − the cosine of one row; writes weight · its gradient to dy unless it is null.
double row_loss(const Real* y, const Real* t, Index n, double weight, Real* dy) {
  const auto [yy, yt, tt] = products(y, t, n);
  const double norm = std::sqrt(yy);
  const double y_norm = std::max(norm, kLeastNorm);
  const double t_norm = std::max(std::sqrt(tt), kLeastNorm);
  const double cosine = yt / (y_norm * t_norm);
  if (dy != nullptr) {
    // d cos = dy·t / (|y| |t|) − cos · d|y| / |y|, and d|y| = dy·y / |y|, or 0 at 0.
    const double along_t = 1 / (y_norm * t_norm);
    const double along_y = norm > 0 ? cosine / (y_norm * norm) : 0;
    for (Index j = 0; j < n; ++j) {
      dy[j] = static_cast<Real>(
          weight * (along_y * static_cast<double>(y[j]) - along_t * static_cast<double>(t[j])));
    }
  }
  return 1 - cosine;
}

}  // namespace

LossSum CosineDistance::evaluate(const View& output, const Batch& batch, MutableView* grad,
                                 const Compute& compute) const {
  const View& targets = *batch.targets;
  const double sum = sum_over_rows(output, batch, compute, [&](Index i, double weight) {
    Real* dy = grad == nullptr ? nullptr : grad->row(i).data();
    return weight *
           row_loss(output.row(i).data(), targets.row(i).data(), output.cols(), weight, dy);
  });
  return {sum, total_weight(batch)};
}

}  // namespace lora
