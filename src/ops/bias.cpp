#include "lora/ops/bias.h"

#include <algorithm>

#include "lora/ops/parallel.h"

namespace lora {

void add_bias(const View& z, const View& b, MutableView y, const Compute& compute) {
  for_row_blocks(compute, z.rows(), static_cast<double>(z.size()), [&](Index first, Index count) {
    for (Index i = first; i < first + count; ++i) y.row(i) = z.row(i) + b.row(0);
  });
}

void add_bias_backward(const View& dy, MutableView db) {
  for (Index row = 0; row < dy.rows(); row += kBlockRows) {
    db.row(0) += dy.middleRows(row, std::min(kBlockRows, dy.rows() - row)).colwise().sum();
  }
}

}  // namespace lora
