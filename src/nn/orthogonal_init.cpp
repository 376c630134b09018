#include "lora/nn/orthogonal_init.h"

#include "lora/core/error.h"
#include "lora/ops/qr.h"

namespace lora {

LoraFactors draw_orthogonal(const InitContext& context) {
  const Index rank = context.rank;
  if (rank % 2 != 0) {
    throw Error(ErrorKind::usage, "initialisation 'orthogonal' needs an even rank, not ", rank);
  }
  skip_discarded_draws(context);
  const DoubleMatrix Q = qr(context.rng.normal(rank, rank).cast<double>()).Q;
  const Index half = rank / 2;
  const DoubleMatrix for_A = context.rng.normal(context.in(), half).cast<double>();
  const DoubleMatrix for_B = context.rng.normal(half, context.out()).cast<double>();

  const auto every_second_row = [&](Index first) -> DoubleMatrix {
    return Q(Eigen::seqN(first, half, 2), Eigen::all);
  };
  const DoubleMatrix A = (for_A * every_second_row(0)).transpose() / 10;
  const DoubleMatrix B = for_B.transpose() * every_second_row(1) / 10;
  return {A.cast<Real>(), B.cast<Real>()};
}

}  // namespace lora
