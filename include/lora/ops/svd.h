// Singular values: how many directions a matrix has, and its best part of a lower rank.
#pragma once

#include "lora/core/matrix.h"

namespace lora {

/// M = U·diag(values)·Vᵀ, with k = min(rows, cols) values ≥ 0, largest first.
struct Svd {
  DoubleMatrix U;          ///< (rows, k)
  Eigen::VectorXd values;  ///< (k)
  DoubleMatrix V;          ///< (cols, k)
};

/// By division and conquest (Eigen's BDCSVD). M must be finite. Time grows with rows·cols·k.
Svd svd(const DoubleMatrix& M);

/// The singular values of B·A, largest first, for B (out, rank) and A (rank, in), without forming
/// the product: by QR factorisations of both.
Eigen::VectorXd singular_values_of_product(const DoubleMatrix& B, const DoubleMatrix& A);

/// Over how many directions a matrix with these singular values spreads: exp(−Σ p·ln p) for p =
/// σ/Σσ (Roy and Vetterli, "The effective rank", 2007). 0 for a matrix of zeros.
double effective_rank(const Eigen::VectorXd& values);

}  // namespace lora
