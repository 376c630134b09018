#include "lora/nn/pissa_init.h"

#include "lora/ops/svd.h"
#include "weight_init.h"

namespace lora {

LoraFactors draw_pissa(const InitContext& context) {
  check_rank_fits("pissa", context);
  skip_discarded_draws(context);
  const Svd parts = svd(weight_in_double(context));
  const Eigen::VectorXd root = (parts.values.head(context.rank) / context.scale).cwiseSqrt();
  const DoubleMatrix A = root.asDiagonal() * parts.V.leftCols(context.rank).transpose();
  const DoubleMatrix B = parts.U.leftCols(context.rank) * root.asDiagonal();
  return {A.cast<Real>(), B.cast<Real>()};
}

}  // namespace lora
