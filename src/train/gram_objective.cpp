#include "lora/train/gram_objective.h"

#include <algorithm>

#include "lora/core/profile.h"
#include "lora/ops/parallel.h"
#include "lora/ops/skinny.h"

namespace lora {

namespace {

// Features of a thread at a time.
constexpr Index kBlock = 128;
constexpr Index kRowsAtOnce = 16;

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
      At_(A_.cols(), A_.rows()),
      Bt_(factors.B().value.cols(), factors.B().value.rows()),
      GAt_(At_.rows(), At_.cols()),
      CB_(At_.rows(), At_.cols()),
      AC_(Bt_.rows(), Bt_.cols()),
      AC_of_block_(block_count(A_.cols(), kBlock) * Bt_.rows(), Bt_.cols()),
      AGAt_(A_.rows(), A_.rows()),
      BtB_(A_.rows(), A_.rows()),
      dAt_(At_.rows(), At_.cols()),
      dBt_(Bt_.rows(), Bt_.cols()) {}

LossSum GramObjective::evaluate(const Batch& batch, Tape& tape, Metrics metrics) {
  if (tape.mode() == Mode::infer) return rows_->evaluate(batch, tape, metrics);
  const Timed timed(*compute_, Phase::backward);
  const double s = factors_->scale();
  A_ = factors_->A().value.cast<double>();
  At_ = A_.transpose();
  Bt_ = factors_->B().value.transpose().cast<double>();
  multiply();
  AGAt_.noalias() = A_ * GAt_;
  BtB_.noalias() = Bt_ * Bt_.transpose();
  add_gradients();
  const double explained = s * s * AGAt_.cwiseProduct(BtB_).sum();
  return {explained - 2 * s * At_.cwiseProduct(CB_).sum() + sums_->TtT, weight_};
}

void GramObjective::add_gradients() {
  const double s = factors_->scale();
  dBt_ = -2 * s * AC_;
  dBt_.noalias() += 2 * s * s * AGAt_ * Bt_;
  factors_->B().grad += dBt_.transpose().cast<Real>();
  dAt_ = -2 * s * CB_;
  dAt_.noalias() += 2 * s * s * GAt_ * BtB_;
  factors_->A().grad += dAt_.transpose().cast<Real>();
}

/// By blocks of features, each of which reads its rows of both sums once; what they add up to is
/// added in their order.
void GramObjective::multiply() {
  const Index in = A_.cols();
  const Index r = A_.rows();
  const Index blocks = block_count(in, kBlock);
  const double work =
      static_cast<double>(r) * static_cast<double>(in) * static_cast<double>(in + 2 * Bt_.cols());
  for_each_block(*compute_, blocks, work, [&](Index block) {
    const Index first = block * kBlock;
    const Index count = std::min(kBlock, in - first);
    skinny_product(sums_->XtX.middleRows(first, count), A_, GAt_.middleRows(first, count));
    auto AC = AC_of_block_.middleRows(block * r, r);
    AC.setZero();
    // Few rows at a time, so that the second product finds them in the cache.
    for (Index row = first; row < first + count; row += kRowsAtOnce) {
      const Index rows = std::min(kRowsAtOnce, first + count - row);
      const auto C = sums_->XtT.middleRows(row, rows);
      skinny_product(C, Bt_, CB_.middleRows(row, rows));
      add_skinny_product_tn(At_.middleRows(row, rows), C, AC);
    }
  });
  AC_ = AC_of_block_.topRows(r);
  for (Index block = 1; block < blocks; ++block) AC_ += AC_of_block_.middleRows(block * r, r);
}

bool GramObjective::pays(Index rows, Index in, Index out, Index rank, Index epochs) {
  // Multiply-adds. Those of large products in double take as long as those of skinny ones in float
  // (measured at 4096 rows, 1024 features and outputs: the sums pay from 54 epochs on, by this rule
  // from 45). The rows' way has each factor in two and a half products an epoch, and the base's
  // product once.
  const auto n = static_cast<double>(rows);
  const auto i = static_cast<double>(in);
  const auto o = static_cast<double>(out);
  const auto r = static_cast<double>(rank);
  const auto e = static_cast<double>(epochs);
  const double by_sums = n * i * (2 * o + i / 2) + e * r * i * (i + 2 * o);
  const double by_rows = n * i * o + 2.5 * e * n * r * (i + o);
  return by_sums < by_rows && memory(in, out) <= kMostMemory;
}

double GramObjective::memory(Index in, Index out) {
  return static_cast<double>(in) * static_cast<double>(in + out) * sizeof(double);
}

}  // namespace lora
