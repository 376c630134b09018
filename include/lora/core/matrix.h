// The matrix types of the whole program: dense, row-major, one number type.
#pragma once

#include <Eigen/Core>

// A library built with vector instructions and a consumer built without them must agree on the
// alignment of Eigen's memory, or freeing it crashes; the build exports this definition.
static_assert(EIGEN_MAX_ALIGN_BYTES == 64, "compile with EIGEN_MAX_ALIGN_BYTES=64, as lora was");

namespace lora {

/// The number type of activations, parameters and gradients: float, or double in the library that
/// exists for gradient tests.
#ifdef LORA_REAL_IS_DOUBLE
using Real = double;
#else
using Real = float;
#endif

using Index = Eigen::Index;

/// (rows, columns), row-major, owns its memory. A vector is a matrix of one row.
using Matrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// For what is formed in double whatever Real is: merged weights, their norms.
using DoubleMatrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Read-only and writable windows on somebody else's rows: a Matrix, a block of one, a mapped file.
/// Rows may be further apart than they are long; the elements of a row are adjacent.
using View = Eigen::Ref<const Matrix, 0, Eigen::OuterStride<>>;
using MutableView = Eigen::Ref<Matrix, 0, Eigen::OuterStride<>>;

/// The same windows made from a bare pointer.
using ViewMap = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;
using MutableViewMap = Eigen::Map<Matrix, 0, Eigen::OuterStride<>>;

/// Windows on matrices in double.
using DoubleView = Eigen::Ref<const DoubleMatrix, 0, Eigen::OuterStride<>>;
using MutableDoubleView = Eigen::Ref<DoubleMatrix, 0, Eigen::OuterStride<>>;

/// Sums over rows are formed in blocks of this many rows and added in block order, and products are
/// cut into blocks of this many rows, so that no result depends on the number of threads.
inline constexpr Index kBlockRows = 256;

}  // namespace lora
