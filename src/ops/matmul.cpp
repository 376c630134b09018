#include "lora/ops/matmul.h"

#include <algorithm>

#include "gemm.h"
#include "lora/ops/parallel.h"

namespace lora {

namespace {

// A product of few rows is cut into blocks of this many columns as well.
constexpr Index kBlockCols = 256;

double count_product(Index n, Index k, Index m, Compute& compute) {
  const double work = static_cast<double>(n) * static_cast<double>(k) * static_cast<double>(m);
  ++compute.products;
  compute.multiplications += work;
  return work;
}

/// y = alpha·x·op(W) + beta·y, the output cut into blocks.
void matmul(const View& x, Op op_w, const View& W, MutableView& y, Real alpha, Real beta,
            Compute& compute) {
  const Index n = y.rows();
  const Index m = y.cols();
  const double work = count_product(n, x.cols(), m, compute);
  if (x.cols() == 0) {
    if (beta == Real{0}) {
      y.setZero();
    } else {
      y *= beta;
    }
    return;
  }
  const Index block_cols = n <= kBlockRows ? kBlockCols : std::max<Index>(m, 1);
  const Index col_blocks = block_count(m, block_cols);

  for_each_block(compute, block_count(n) * col_blocks, work, [&](Index block) {
    const Index row = block / col_blocks * kBlockRows;
    const Index col = block % col_blocks * block_cols;
    const Index rows = std::min(kBlockRows, n - row);
    const Index cols = std::min(block_cols, m - col);
    const View W_block =
        op_w == Op::transpose ? View(W.middleRows(col, cols)) : View(W.middleCols(col, cols));
    gemm(Op::none, x.middleRows(row, rows), op_w, W_block, y.block(row, col, rows, cols), alpha,
         beta);
  });
}

}  // namespace

void matmul_nt(const View& x, const View& W, MutableView y, Real alpha, Real beta,
               Compute& compute) {
  matmul(x, Op::transpose, W, y, alpha, beta, compute);
}

void matmul_nn(const View& x, const View& W, MutableView y, Real alpha, Real beta,
               Compute& compute) {
  matmul(x, Op::none, W, y, alpha, beta, compute);
}

void add_matmul_tn(const View& a, const View& b, MutableView C, Real alpha, Compute& compute) {
  const Index n = a.rows();
  const double work = count_product(C.rows(), n, C.cols(), compute);
  if (n == 0 || C.size() == 0) return;
  // Threads share out the longer side of C; each of them walks over all rows in their order.
  const bool cut_cols = C.cols() >= C.rows();
  const Index side = cut_cols ? C.cols() : C.rows();

  for_each_block(compute, block_count(side, kBlockCols), work, [&](Index block) {
    const Index start = block * kBlockCols;
    const Index length = std::min(kBlockCols, side - start);
    for (Index row = 0; row < n; row += kBlockRows) {
      const Index rows = std::min(kBlockRows, n - row);
      if (cut_cols) {
        gemm(Op::transpose, a.middleRows(row, rows), Op::none, b.block(row, start, rows, length),
             C.middleCols(start, length), alpha, Real{1});
      } else {
        gemm(Op::transpose, a.block(row, start, rows, length), Op::none, b.middleRows(row, rows),
             C.middleRows(start, length), alpha, Real{1});
      }
    }
  });
}

}  // namespace lora
