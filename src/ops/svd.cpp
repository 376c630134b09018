#include "lora/ops/svd.h"

#include <cmath>

#include <Eigen/SVD>

#include "lora/ops/qr.h"

namespace lora {

Svd svd(const DoubleMatrix& M) {
  const Eigen::BDCSVD<Eigen::MatrixXd> parts(M, Eigen::ComputeThinU | Eigen::ComputeThinV);
  return {parts.matrixU(), parts.singularValues(), parts.matrixV()};
}

Eigen::VectorXd singular_values_of_product(const DoubleMatrix& B, const DoubleMatrix& A) {
  const Eigen::MatrixXd small = qr(B).R * qr(A.transpose()).R.transpose();
  return Eigen::JacobiSVD<Eigen::MatrixXd>(small).singularValues();
}

double effective_rank(const Eigen::VectorXd& values) {
  const double sum = values.sum();
  if (!(sum > 0)) return 0;
  double entropy = 0;
  for (const double value : values) {
    const double p = value / sum;
    if (p > 0) entropy -= p * std::log(p);
  }
  return std::exp(entropy);
}

}  // namespace lora
