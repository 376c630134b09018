#include "lora/train/gram_sums.h"

#include <algorithm>
#include <cstddef>
#include <optional>

#include "lora/ops/frozen.h"
#include "lora/ops/parallel.h"

namespace lora {

namespace {

// Features or outputs of a thread at a time.
constexpr Index kBlock = 256;

/// Adds up block of rows after block of rows. X and T are those of one block, in double.
class Summing {
 public:
  Summing(const Linear& layer, const Dataset& data, GramSums& sums, Compute& compute)
      : layer_(layer),
        data_(data),
        sums_(sums),
        compute_(compute),
        X_(kBlockRows, layer.in_features()),
        T_(kBlockRows, layer.out_features()) {}

  void add(const Index* rows, Index count) {
    const double features = static_cast<double>(count) * static_cast<double>(X_.cols());
    for_each_block(compute_, count, features, [&](Index i) {
      X_.row(i) = data_.features.row(rows[i]).cast<double>();
      T_.row(i) = data_.targets.row(rows[i]).cast<double>();
    });
    subtract_base(count);
    sums_.TtT += T_.topRows(count).squaredNorm();
    add_products(count);
  }

 private:
  /// T −= X·Wᵀ + b.
  void subtract_base(Index count) {
    const Index out = T_.cols();
    for_each_block(compute_, block_count(out, kBlock), work(count, out), [&](Index block) {
      const Index first = block * kBlock;
      const Index outputs = std::min(kBlock, out - first);
      Matrix W(outputs, X_.cols());
      unpack_outputs(layer_.weight(), first, W);
      auto T = T_.block(0, first, count, outputs);
      T.noalias() -= X_.topRows(count) * W.cast<double>().transpose();
      if (layer_.bias() == nullptr) return;
      T.rowwise() -= layer_.bias()->value.row(0).segment(first, outputs).cast<double>();
    });
  }

  /// Of XᵀX, which is symmetric, the blocks on and below the diagonal.
  void add_products(Index count) {
    const Index in = X_.cols();
    const Index out = T_.cols();
    for_each_block(compute_, block_count(in, kBlock), work(count, in + out), [&](Index block) {
      const Index first = block * kBlock;
      const Index features = std::min(kBlock, in - first);
      const auto Xt = X_.block(0, first, count, features).transpose();
      sums_.XtX.block(first, 0, features, first + features).noalias() +=
          Xt * X_.topLeftCorner(count, first + features);
      sums_.XtT.middleRows(first, features).noalias() += Xt * T_.topRows(count);
    });
  }

  double work(Index rows, Index columns) const {
    return static_cast<double>(rows) * static_cast<double>(X_.cols()) *
           static_cast<double>(columns);
  }

  const Linear& layer_;
  const Dataset& data_;
  GramSums& sums_;
  Compute& compute_;
  DoubleMatrix X_;
  DoubleMatrix T_;
};

}  // namespace

GramSums::GramSums(const Linear& layer, const Dataset& data, const std::vector<Index>& rows,
                   Compute& compute, Group& group)
    : XtX(DoubleMatrix::Zero(layer.in_features(), layer.in_features())),
      XtT(DoubleMatrix::Zero(layer.in_features(), layer.out_features())) {
  Summing summing(layer, data, *this, compute);
  const auto count = static_cast<Index>(rows.size());
  for (Index first = 0; first < count; first += kBlockRows) {
    summing.add(rows.data() + first, std::min(kBlockRows, count - first));
  }
  for (DoubleMatrix* sums : {&XtX, &XtT}) {
    group.sum_wide({sums->data(), static_cast<std::size_t>(sums->size())});
  }
  group.sum_wide({&TtT, 1});
  XtX.triangularView<Eigen::StrictlyUpper>() = XtX.transpose();
}

}  // namespace lora
