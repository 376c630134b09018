// The only place that multiplies matrices.
//
// Outputs are cut into fixed blocks, each one single-threaded call; the inner dimension of a
// product is never shared out among threads, and which library multiplies is decided by shape
// alone. So the results have the same bits for every number of threads.
#pragma once

#include "lora/core/compute.h"
#include "lora/core/matrix.h"

namespace lora {

/// y = alpha·x·Wᵀ + beta·y for x (n, k), W (m, k), y (n, m). With beta = 0, y is only written.
void matmul_nt(const View& x, const View& W, MutableView y, Real alpha, Real beta,
               Compute& compute);

/// y = alpha·x·W + beta·y for x (n, k), W (k, m), y (n, m). With beta = 0, y is only written.
void matmul_nn(const View& x, const View& W, MutableView y, Real alpha, Real beta,
               Compute& compute);

/// C += alpha·aᵀ·b for a (n, p), b (n, q), C (p, q): a sum over n rows, formed in blocks of
/// kBlockRows rows that are added in their order.
void add_matmul_tn(const View& a, const View& b, MutableView C, Real alpha, Compute& compute);

}  // namespace lora
