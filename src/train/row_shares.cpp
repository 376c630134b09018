#include "lora/train/row_shares.h"

#include <algorithm>
#include <chrono>
#include <string>

#include "lora/nn/linear.h"
#include "lora/nn/visitor.h"
#include "lora/ops/parallel.h"
#include "lora/train/objective.h"

namespace lora {

namespace {

// Numbers of a block that fit into a core's own cache (half a mebibyte of them in float).
constexpr Index kCacheNumbers = 1 << 17;
constexpr Index kFewestRows = 16;

// A share takes at least so many multiply-adds: waking a thread costs some microseconds.
constexpr double kShareWork = 1 << 18;
constexpr double kMostShares = 32;

// A share's gradients are added to those of the others: at most a small part of its work.
constexpr double kWorkPerGradient = 64;

// All shares' gradients together.
constexpr double kGradientNumbers = 1 << 22;

// Each trained number meets each row in three products: forward, its own gradient, and the one that
// goes on from it.
constexpr double kProductsOfTrained = 3;
constexpr double kProductsOfFrozen = 2;

// From this short side on, a parameter's products want as many rows as a matrix product does.
constexpr Index kWide = 64;

class WorkVisitor : public Visitor {
 public:
  explicit WorkVisitor(RowWork& work) : work_(work) {}

  void linear(const std::string& /*name*/, Linear& layer) override {
    is_lowest_ = !trains_ && layer.trains();
    trains_ = trains_ || layer.trains();
    if (!trains_) return;
    // Input, product, output, targets and the output's gradient.
    work_.features += layer.in_features() + 4 * layer.out_features();
    work_.draws = work_.draws || (layer.adapter() != nullptr && layer.adapter()->draws());
  }
  void parameter(const std::string& /*name*/, Parameter& parameter) override {
    if (!parameter.trainable()) return;
    work_.parameters.push_back(&parameter);
    work_.trained += static_cast<double>(parameter.value.size());
    const Index short_side = std::min(parameter.value.rows(), parameter.value.cols());
    work_.has_wide_parameter = work_.has_wide_parameter || short_side >= kWide;
  }
  void frozen(const std::string& /*name*/, const FrozenMatrix& weight) override {
    if (trains_) (is_lowest_ ? work_.frozen_lowest : work_.frozen_above) += number_of(weight);
  }

 private:
  static double number_of(const FrozenMatrix& weight) { return static_cast<double>(weight.size()); }

  RowWork& work_;
  bool trains_ = false;
  bool is_lowest_ = false;
};

Index rounded_up(Index value, Index step) {
  return (value + step - 1) / step * step;
}

}  // namespace

RowShares::Share::Share(const std::vector<Parameter*>& parameters)
    : tape(compute), gradients(parameters) {
  tape.collect_in(gradients);
}

RowWork::RowWork(Model& model) {
  WorkVisitor walk(*this);
  model.visit(walk);
}

RowShares::RowShares(Model& model, const Loss& loss) : model_(&model), loss_(&loss), row_(model) {}

/// Multiply-adds.
double RowShares::work_of(const Batch& batch) const {
  const double frozen =
      row_.frozen_above * kProductsOfFrozen + (batch.below ? 0 : row_.frozen_lowest);
  return static_cast<double>(batch.size()) * (row_.trained * kProductsOfTrained + frozen);
}

SharePlan RowShares::plan(const Batch& batch) const {
  const Index rows = batch.size();
  const SharePlan together{1, rows, rows};
  if (loss_->compares_rows() || row_.draws || row_.trained == 0) return together;

  // Products with a whole weight want more rows than fit into the cache.
  const bool skinny = !row_.has_wide_parameter && row_.frozen_above == 0 && batch.below;
  const Index fewest = skinny ? kFewestRows : kBlockRows;
  const Index most = rows / fewest;
  const double work = work_of(batch);
  const double shares =
      std::min({kMostShares, work / kShareWork, work / (kWorkPerGradient * row_.trained),
                kGradientNumbers / row_.trained, static_cast<double>(most)});
  if (shares < 2) return together;

  SharePlan plan;
  plan.share_rows = rounded_up((rows - 1) / static_cast<Index>(shares) + 1, fewest);
  plan.shares = (rows - 1) / plan.share_rows + 1;
  plan.block_rows =
      skinny ? std::clamp(kCacheNumbers / row_.features / fewest * fewest, fewest, kBlockRows)
             : kBlockRows;
  return plan;
}

LossSum RowShares::evaluate(const Batch& batch, const SharePlan& plan, Compute& compute) {
  while (static_cast<Index>(shares_.size()) < plan.shares) {
    shares_.push_back(std::make_unique<Share>(row_.parameters));
  }
  const auto start = std::chrono::steady_clock::now();
  for_each_block(compute, plan.shares, work_of(batch), [&](Index i) {
    const Index first = i * plan.share_rows;
    const Index rows = std::min(plan.share_rows, batch.size() - first);
    Share& share = *shares_[static_cast<std::size_t>(i)];
    if (compute.profile != nullptr) share.compute.profile = &share.profile;
    run(share, batch.part(first, rows), plan.block_rows);
  });
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  LossSum loss;
  Profile profile;
  for (Index i = 0; i < plan.shares; ++i) {
    Share& share = *shares_[static_cast<std::size_t>(i)];
    if (share.error) std::rethrow_exception(share.error);
    loss += share.loss;
    share.gradients.add_to_parameters();
    compute.products += share.compute.products;
    compute.multiplications += share.compute.multiplications;
    share.compute = {};
    profile += share.profile;
    share.profile = {};
  }
  if (compute.profile != nullptr) compute.profile->add_parallel(profile, seconds.count());
  return loss;
}

/// Nothing may be thrown out of a thread.
void RowShares::run(Share& share, const Batch& batch, Index block_rows) const {
  share.loss = {};
  share.error = nullptr;
  try {
    share.gradients.set_zero();
    for (Index first = 0; first < batch.size(); first += block_rows) {
      const Batch block = batch.part(first, std::min(block_rows, batch.size() - first));
      share.tape.reset(Mode::train);
      share.loss += forward_and_backward(*model_, *loss_, block, share.tape);
    }
  } catch (...) {
    share.error = std::current_exception();
  }
}

}  // namespace lora
