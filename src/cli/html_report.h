// --report: a run on one page.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "build.h"
#include "lora/report/svg_plot.h"
#include "lora/train/trainer.h"
#include "options.h"
#include "setting.h"

namespace lora::cli {

/// What a page is made of beside the run itself.
struct ReportFacts {
  const nlohmann::ordered_json& start;  ///< the fields of the start event
  const nlohmann::ordered_json& end;    ///< and of the end event
  const TrainResult& result;
  const Plot& plot;
};

/// The page's text. Goes once through the held-out rows, or without them through those of training.
std::string html_report(Run& run, const Options& options, const std::vector<Setting>& settings,
                        const ReportFacts& facts);

}  // namespace lora::cli
