#include "lora/ops/qr.h"

#include <algorithm>

#include <Eigen/QR>

namespace lora {

Qr qr(const DoubleMatrix& M) {
  const Index k = std::min(M.rows(), M.cols());
  const Eigen::HouseholderQR<Eigen::MatrixXd> parts(M);
  return {parts.householderQ() * Eigen::MatrixXd::Identity(M.rows(), k),
          parts.matrixQR().topRows(k).triangularView<Eigen::Upper>()};
}

}  // namespace lora
