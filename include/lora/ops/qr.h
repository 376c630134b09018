// A matrix as orthonormal columns times a triangle.
#pragma once

#include "lora/core/matrix.h"

namespace lora {

/// M = Q·R, with k = min(rows, cols).
struct Qr {
  DoubleMatrix Q;  ///< (rows, k), of orthonormal columns
  DoubleMatrix R;  ///< (k, cols), upper triangle
};

/// By Householder's reflections, with the signs that LAPACK, and so torch.linalg.qr, gives them.
Qr qr(const DoubleMatrix& M);

}  // namespace lora
