#include "verbs.h"

#include <array>

#include "compare_command.h"
#include "eval_command.h"
#include "extract_command.h"
#include "inspect_command.h"
#include "merge_command.h"
#include "plan_command.h"
#include "predict_command.h"
#include "resolve.h"
#include "train_command.h"
#include "variants.h"

namespace lora::cli {

namespace {

constexpr std::array kVerbs = {
    Verb{"train", "--data FILE --target COLUMNS|FILE [--base FILE[:TENSOR]] [OPTION…]",
         "trains an adapter (what is done if no command is named)", kTrain, false,
         resolve_all_training, run_train},
    Verb{"eval", "--data FILE --target COLUMNS|FILE [--base FILE] [--adapter DIR] [OPTION…]",
         "loss and figures of a base, with or without an adapter, on data", kEval, false,
         resolve_evaluation, run_eval},
    Verb{"predict", "--data FILE [--base FILE] [--adapter DIR] [--output FILE] [OPTION…]",
         "writes what a base, with or without an adapter, predicts for data", kPredict, false,
         resolve_prediction, run_predict},
    Verb{"merge", "--base FILE[:TENSOR] --adapter DIR --output FILE [OPTION…]",
         "folds adapters into their base, as a new file that is checked", kMerge, false,
         resolve_merge, run_merge},
    Verb{"extract", "--base FILE[:TENSOR] --tuned FILE[:TENSOR] --rank N|--share X --output DIR",
         "the best adapter between a base and what full training made of it", kExtract, false,
         resolve_extraction, run_extract},
    Verb{"plan", "--data FILE --target COLUMNS|FILE [--base FILE[:TENSOR]] [OPTION…]",
         "what training with these options would do, take and need; trains nothing", kPlan, false,
         resolve_plan, run_plan},
    Verb{"inspect", "PATH…", "what tables, arrays, weight files, adapters and checkpoints hold",
         kInspect, true, resolve_inspection, run_inspect},
    Verb{"compare", "RUN… [--plot FILE.svg]",
         "--save directories or --log files of runs side by side, and how they differ", kCompare,
         true, resolve_comparison, run_compare},
};

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

std::vector<std::string> names_of_verbs(unsigned bits) {
  std::vector<std::string> names;
  for (const Verb& verb : verbs()) {
    if ((verb.bit & bits) != 0) names.emplace_back(verb.name);
  }
  return names;
}

}  // namespace lora::cli
