#include "lora/train/gram_objective.h"

#include <algorithm>

#include "lora/ops/parallel.h"

namespace lora {

namespace {

// Features or outputs of a thread at a time.
constexpr Index kBlock = 256;

// More than this is better left to the rows.
constexpr double kMostMemory = 1 << 28;  // bytes

}  // namespace

GramObjective::GramObjective(LowRank& factors, const GramSums& sums, Index row_count,
                             ModelObjective& rows, Compute& compute)
    : factors_(&factors),
      sums_(&sums),
      weight_(static_cast<double>(row_count) * static_cast<double>(sums.XtT.cols())),
      rows_(&rows),
      compute_(&compute),
      A_(factors.A().value.rows(), factors.A().value.cols()),
      Bt_(factors.B().value.cols(), factors.B().value.rows()),
      AG_(A_.rows(), A_.cols()),
      AC_(Bt_.rows(), Bt_.cols()),
      BtC_(A_.rows(), A_.cols()) {}

LossSum GramObjective::evaluate(const Batch& batch, Tape& tape, Metrics metrics) {
  if (tape.mode() == Mode::infer) return rows_->evaluate(batch, tape, metrics);
  const double s = factors_->scale();
  A_ = factors_->A().value.cast<double>();
  Bt_ = factors_->B().value.transpose().cast<double>();
  multiply();
  const DoubleMatrix AGAt = AG_ * A_.transpose();
  const DoubleMatrix BtB = Bt_ * Bt_.transpose();
  factors_->B().grad += (2 * s * (s * AGAt * Bt_ - AC_)).transpose().cast<Real>();
  factors_->A().grad += (2 * s * (s * BtB * AG_ - BtC_)).cast<Real>();
  const double explained = s * s * AGAt.cwiseProduct(BtB).sum();
  return {explained - 2 * s * A_.cwiseProduct(BtC_).sum() + sums_->TtT, weight_};
}

/// Each block is a part of the output: no sum is shared among threads.
void GramObjective::multiply() {
  const Index in = A_.cols();
  const Index out = Bt_.cols();
  const double work =
      static_cast<double>(A_.rows()) * static_cast<double>(in) * static_cast<double>(in + 2 * out);
  const Index in_blocks = (in + kBlock - 1) / kBlock;
  const Index out_blocks = (out + kBlock - 1) / kBlock;
  for_each_block(*compute_, in_blocks + out_blocks, work, [&](Index block) {
    if (block < in_blocks) {
      const Index first = block * kBlock;
      const Index features = std::min(kBlock, in - first);
      AG_.middleCols(first, features).noalias() = A_ * sums_->XtX.middleCols(first, features);
      BtC_.middleCols(first, features).noalias() =
          Bt_ * sums_->XtT.middleRows(first, features).transpose();
    } else {
      const Index first = (block - in_blocks) * kBlock;
      const Index outputs = std::min(kBlock, out - first);
      AC_.middleCols(first, outputs).noalias() = A_ * sums_->XtT.middleCols(first, outputs);
    }
  });
}

bool GramObjective::pays(Index rows, Index in, Index out, Index rank, Index epochs) {
  // Multiply-adds, in which a double counts as two floats. The rows' way has each factor in two and
  // a half products an epoch, and the base's product once.
  constexpr double kDouble = 2;
  const auto n = static_cast<double>(rows);
  const auto i = static_cast<double>(in);
  const auto o = static_cast<double>(out);
  const auto r = static_cast<double>(rank);
  const auto e = static_cast<double>(epochs);
  const double sums = kDouble * n * i * (2 * o + i / 2);
  const double by_sums = sums + kDouble * e * r * i * (i + 2 * o);
  const double by_rows = n * i * o + 2.5 * e * n * r * (i + o);
  return by_sums < by_rows && memory(in, out) <= kMostMemory;
}

double GramObjective::memory(Index in, Index out) {
  return static_cast<double>(in) * static_cast<double>(in + out) * sizeof(double);
}

}  // namespace lora
