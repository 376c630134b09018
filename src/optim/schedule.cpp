#include "lora/optim/schedule.h"

#include <array>
#include <cmath>

#include "lora/core/error.h"
#include "lora/optim/reduce_lr_on_plateau.h"
#include "lora/optim/step_schedule.h"

namespace lora {

namespace {

constexpr std::array kSchedules = {
    ScheduleKind{"constant",
                 "the same rate from the first step to the last",
                 {},
                 StepSchedule::make<constant_share>},
    ScheduleKind{"constant_with_warmup",
                 "rises from 0 in the warm-up, then stays: while adam's moments are still rough "
                 "(transformers; Ma and Yarats, 2021, arXiv 1910.04209)",
                 {.warmup_steps = true},
                 StepSchedule::make<constant_with_warmup_share>},
    ScheduleKind{"linear",
                 "falls evenly to 0 at the end of the run, the usual choice for fine-tuning "
                 "(transformers; Devlin et al., 2019, arXiv 1810.04805)",
                 {.warmup_steps = true},
                 StepSchedule::make<linear_share>},
    ScheduleKind{"cosine",
                 "falls along half a wave, slowly at both ends (transformers, with a min_lr its "
                 "cosine_with_min_lr; Loshchilov and Hutter, 2017, arXiv 1608.03983)",
                 {.warmup_steps = true, .min_lr = true},
                 StepSchedule::make<cosine_share>},
    ScheduleKind{"cosine_with_restarts",
                 "falls along half a wave several times over, to leave a poor minimum "
                 "(transformers; Loshchilov and Hutter, 2017, arXiv 1608.03983)",
                 {.warmup_steps = true, .min_lr = true, .cycles = true},
                 StepSchedule::make<cosine_with_restarts_share>},
    ScheduleKind{"polynomial",
                 "falls as a power of the steps that are left; a power of 1 is linear, here also "
                 "to a min_lr (transformers, whose own min_lr is 1e-7)",
                 {.warmup_steps = true, .min_lr = true, .power = true},
                 StepSchedule::make<polynomial_share>},
    ScheduleKind{"inverse_sqrt",
                 "falls with the root of the steps and never ends, for runs of unknown length "
                 "(transformers; Vaswani et al., 2017, arXiv 1706.03762)",
                 {.warmup_steps = true},
                 StepSchedule::make<inverse_sqrt_share>},
    ScheduleKind{"warmup_stable_decay",
                 "stays high and falls only in the last steps, so that a longer run can branch off "
                 "before them (transformers; Hu et al., 2024, arXiv 2404.06395)",
                 {.warmup_steps = true, .min_lr = true, .decay_steps = true},
                 StepSchedule::make<warmup_stable_decay_share>},
    ScheduleKind{"reduce_lr_on_plateau",
                 "falls whenever val_loss, or else the loss, has not become better for a while "
                 "(PyTorch's ReduceLROnPlateau)",
                 {.min_lr = true, .patience = true, .factor = true},
                 ReduceLrOnPlateau::make},
};

}  // namespace

std::span<const ScheduleKind> schedule_kinds() {
  return kSchedules;
}

std::vector<std::string> used_options(const ScheduleKind& kind) {
  const ScheduleUses& uses = kind.uses;
  std::vector<std::string> names;
  if (uses.warmup_steps) names.emplace_back("warmup_steps");
  if (uses.min_lr) names.emplace_back("min_lr");
  if (uses.cycles) names.emplace_back("cycles");
  if (uses.power) names.emplace_back("power");
  if (uses.decay_steps) names.emplace_back("decay_steps");
  if (uses.patience) names.emplace_back("patience");
  if (uses.factor) names.emplace_back("factor");
  return names;
}

Index share_of_steps(double ratio, Index total_steps) {
  return static_cast<Index>(std::ceil(static_cast<double>(total_steps) * ratio));
}

void check_min_lr(const ScheduleOptions& options) {
  if (options.min_lr >= 0 && options.min_lr <= options.lr) return;
  throw Error(ErrorKind::usage, "the smallest learning rate ", options.min_lr,
              " must be from 0 to the learning rate ", options.lr);
}

}  // namespace lora
