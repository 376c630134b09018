// One block of a product, on one thread.
#pragma once

#include "lora/core/matrix.h"

namespace lora {

enum class Op { none, transpose };

/// c = alpha·op(a)·op(b) + beta·c, in the calling thread. With beta = 0, c is only written.
void gemm(Op op_a, const View& a, Op op_b, const View& b, MutableView c, Real alpha, Real beta);

}  // namespace lora
