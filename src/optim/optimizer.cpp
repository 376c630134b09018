#include "lora/optim/optimizer.h"

#include <array>

#include "lora/optim/adagrad.h"
#include "lora/optim/adam.h"
#include "lora/optim/lion.h"
#include "lora/optim/rmsprop.h"
#include "lora/optim/sgd.h"

namespace lora {

namespace {

template <class Kind>
std::unique_ptr<Optimizer> make(const OptimizerOptions& options,
                                const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Kind>(options, groups);
}

std::unique_ptr<Optimizer> make_adamw(const OptimizerOptions& options,
                                      const std::vector<ParameterGroup>& groups) {
  return std::make_unique<Adam>(options, groups, WeightDecay::decoupled);
}

constexpr std::array kOptimizers = {
    OptimizerKind{"adam",
                  "steps of about the learning rate for every number, whatever the size of its "
                  "gradient (Kingma and Ba, 2015, arXiv 1412.6980)",
                  Adam::kDefaults, make<Adam>},
    OptimizerKind{"adamw",
                  "adam whose weight decay is apart from the gradients, as usual for transformers "
                  "(Loshchilov and Hutter, 2019, arXiv 1711.05101)",
                  Adam::kDecoupledDefaults, make_adamw},
    OptimizerKind{"sgd",
                  "plain gradient descent, with momentum if wanted: the least memory, and a "
                  "learning rate that must suit the problem (Sutskever et al., 2013, ICML)",
                  Sgd::kDefaults, make<Sgd>},
    OptimizerKind{"rmsprop",
                  "gradients over their recent size, for losses that change under way (Tieleman "
                  "and Hinton, 2012, lecture 6.5 of Neural Networks for Machine Learning)",
                  RmsProp::kDefaults, make<RmsProp>},
    OptimizerKind{"adagrad",
                  "steps that shrink with all gradients so far, for features that are rarely "
                  "there (Duchi, Hazan and Singer, 2011, JMLR 12)",
                  Adagrad::kDefaults, make<Adagrad>},
    OptimizerKind{"lion",
                  "steps of the same size by sign alone, in half of adam's memory; wants a "
                  "learning rate 3 to 10 times smaller (Chen et al., 2023, arXiv 2302.06675)",
                  Lion::kDefaults, make<Lion>},
};

}  // namespace

std::span<const OptimizerKind> optimizer_kinds() {
  return kOptimizers;
}

std::vector<std::string> used_options(const OptimizerKind& kind) {
  const OptimizerDefaults& defaults = kind.defaults;
  std::vector<std::string> names;
  if (defaults.beta1) names.emplace_back("beta1");
  if (defaults.beta2) names.emplace_back("beta2");
  if (defaults.eps) names.emplace_back("eps");
  if (defaults.momentum) names.emplace_back("momentum");
  if (defaults.nesterov) names.emplace_back("nesterov");
  return names;
}

}  // namespace lora
