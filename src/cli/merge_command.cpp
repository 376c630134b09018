#include "merge_command.h"

#include <filesystem>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "exit_code.h"
#include "inputs.h"
#include "lora/artifact/merge.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/io/array_file.h"
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

/// Refuses, before anything is read, an output that would replace something by mistake.
void check_output(const Options& o) {
  std::vector<std::string> outputs = {o.output};
  if (o.base.empty()) outputs = peft_adapter_files(o.output);
  for (const std::string& output : outputs) {
    if (!std::filesystem::exists(output)) continue;
    const std::string base = split_file_and_name(o.base).file;
    std::error_code missing;
    bool is_input = std::filesystem::equivalent(base, output, missing);
    for (const std::string& adapter : o.adapters) {
      for (const std::string& file : peft_adapter_files(adapter)) {
        is_input = is_input || std::filesystem::equivalent(file, output, missing);
      }
    }
    if (is_input) {
      throw Error(ErrorKind::usage, "--output ", output,
                  ": is also an input of this command, which is never written to");
    }
    if (!o.overwrite) {
      throw Error(ErrorKind::usage, "--output ", output,
                  ": is already there; --overwrite replaces it");
    }
  }
}

}  // namespace

int run_merge(Options& options, const std::vector<Setting>& /*settings*/) {
  check_output(options);
  const std::vector<double> weights = weights_of(options);
  std::vector<std::unique_ptr<PeftAdapter>> adapters;
  std::vector<WeightedAdapter> parts;
  for (std::size_t i = 0; i < options.adapters.size(); ++i) {
    adapters.push_back(std::make_unique<PeftAdapter>(options.adapters[i]));
    parts.push_back({adapters.back().get(), weights[i]});
  }
  StandardOutput out;
  nlohmann::ordered_json facts = {{"output", options.output}};
  if (options.base.empty()) {
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
