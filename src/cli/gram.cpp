#include "gram.h"

#include <algorithm>
#include <string>

#include "lora/core/error.h"
#include "lora/nn/lora_init.h"
#include "lora/train/gram_objective.h"

namespace lora::cli {

namespace {

/// Why the sums do not say all, or nothing.
std::string reason_against(const Options& o, Index rows, const std::vector<LayerPlan>& layers) {
  if (*o.loss != "mse") return "the loss is " + *o.loss + ", not mse";
  if (*o.batch_size != 0 && *o.batch_size < rows) {
    return "steps are on batches, not on all rows at once (--batch-size 0)";
  }
  if (layers.size() != 1) return "the base has several layers";
  const LayerPlan& layer = layers.front();
  if (layer.dense) return "the whole weight is trained";
  if (layer.magnitude) return "DoRA is no sum of a weight and two factors";
  if (layer.bias) return "the bias is trained";
  if (o.dropout > 0) return "--dropout changes the rows in every step";
  if (!o.weight_column.empty()) return "rows have weights";
  if (o.init && lora_init(*o.init).subtracted) {
    return "--init " + *o.init + " takes its start out of the weight";
  }
  return "";
}

}  // namespace

void resolve_gram(Options& o, Index rows, const std::vector<LayerPlan>& layers) {
  if (o.gram == "off") return;
  const std::string reason = reason_against(o, rows, layers);
  if (o.gram == "on") {
    if (reason.empty()) return;
    throw Error(ErrorKind::usage, "--gram on: ", reason);
  }
  const LayerPlan& layer = layers.front();
  const Index epochs = o.max_steps.value_or(*o.epochs);
  const bool pays = reason.empty() && !o.is_demo() &&
                    GramObjective::pays(rows, layer.in, layer.out, layer.rank, epochs);
  o.gram = pays ? "on" : "off";
}

}  // namespace lora::cli
