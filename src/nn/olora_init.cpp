#include "lora/nn/olora_init.h"

#include "lora/ops/qr.h"
#include "weight_init.h"

namespace lora {

/// PEFT factorises a weight that is stored as (in, out) as it is stored, which fits no layer; here
/// it is the weight as (out, in), however it is stored.
LoraFactors draw_olora(const InitContext& context) {
  check_rank_fits("olora", context);
  skip_discarded_draws(context);
  const Qr parts = qr(weight_in_double(context));
  return {parts.R.topRows(context.rank).cast<Real>(), parts.Q.leftCols(context.rank).cast<Real>()};
}

}  // namespace lora
