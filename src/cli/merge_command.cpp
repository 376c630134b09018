#include "merge_command.h"

#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "base_model.h"
#include "exit_code.h"
#include "inputs.h"
#include "lora/artifact/concatenate.h"
#include "lora/artifact/merge.h"
#include "lora/artifact/peft_writer.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/report/json_lines.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

/// "0.7,0.3", one number for each adapter; without it each is 1.
std::vector<double> weights_of(const Options& o) {
  if (o.adapter_weights.empty()) return std::vector<double>(o.adapters.size(), 1.0);
  std::vector<double> weights;
  for (const std::string& weight : split(o.adapter_weights, ',')) {
    weights.push_back(
        parse_real("adapter-weights", weight, {std::numeric_limits<double>::lowest()}));
  }
  if (weights.size() != o.adapters.size()) {
    throw Error(ErrorKind::usage, "--adapter-weights ", o.adapter_weights, ": ", weights.size(),
                " weights for ", o.adapters.size(), " adapters");
  }
  return weights;
}

}  // namespace

int run_merge(Options& options, const std::vector<Setting>& /*settings*/) {
  check_outputs("--output " + options.output,
                options.base.empty() ? peft_adapter_files(options.output)
                                     : std::vector<std::string>{options.output},
                options, options.overwrite);
  const std::vector<double> weights = weights_of(options);
  std::vector<std::unique_ptr<PeftAdapter>> adapters;
  std::vector<WeightedAdapter> parts;
  for (std::size_t i = 0; i < options.adapters.size(); ++i) {
    adapters.push_back(std::make_unique<PeftAdapter>(open_adapter(options.adapters[i])));
    parts.push_back({adapters.back().get(), weights[i]});
  }
  StandardOutput out;
  nlohmann::ordered_json facts = {{"output", options.output}};
  if (options.base.empty()) {
    const PeftDirectoryLock lock(options.output);
    concatenate_adapters(parts, options.output);
    spdlog::info("wrote one adapter for {} to {}", joined(options.adapters), options.output);
  } else {
    const MergeReport report = merge_adapters(
        {options.base, options.fan_in_fan_out, parts, options.unmerge, options.output});
    facts["layers"] = report.layers;
    facts["largest_difference"] = report.largest_difference;
    facts["bound"] = report.bound;
    if (!options.json) {
      out.line(fmt::format("Largest difference: {:.3g}, Bound: {:.3g}", report.largest_difference,
                           report.bound));
    }
    spdlog::info("{} {} {} {}, in {}", options.unmerge ? "took" : "folded",
                 joined(options.adapters), options.unmerge ? "out of" : "into", options.base,
                 options.output);
  }
  if (options.json) {
    JsonLines([&out](const std::string& line) { out.line(line); }).end(facts, kDone);
  }
  return kDone;
}

}  // namespace lora::cli
