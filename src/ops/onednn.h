// oneDNN's matrix product, where it is compiled in and installed.
#pragma once

#include "gemm.h"

namespace lora {

/// As gemm(). False, and nothing done, where oneDNN is not there or does not know the number type.
bool onednn_gemm(Op op_a, const View& a, Op op_b, const View& b, MutableView& c, Real alpha,
                 Real beta);

}  // namespace lora
