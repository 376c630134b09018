#include "merge_command.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "base_model.h"
#include "exit_code.h"
#include "inputs.h"
#include "lora/artifact/concatenate.h"
#include "lora/artifact/merge.h"
#include "lora/artifact/peft_writer.h"
#include "lora/artifact/run_record.h"
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
  if (std::ranges::all_of(weights, [](double weight) { return weight == 0; })) {
    throw Error(ErrorKind::usage, "--adapter-weights ", o.adapter_weights,
                ": one of them must be other than 0");
  }
  return weights;
}

/// A file's name says what is in it.
void check_ending(const Options& o) {
  const std::filesystem::path base = split_file_and_name(o.base).file;
  const std::filesystem::path output = o.output;
  if (base.extension() == output.extension()) return;
  throw Error(ErrorKind::usage, "--output ", o.output, ": the merged weights are written as ",
              base.extension().string(), ", like the base");
}

/// The merged weights have no place for what lora_train.json says.
void warn_of_scaling(const std::string& adapter) {
  const std::optional<RunRecord> record = read_run_record(adapter);
  if (!record || !record->scaling) return;
  spdlog::warn(
      "warning: {} was trained on standardised features (--standardize); what is written here "
      "does not know that, so scale them as its lora_train.json says",
      adapter);
}

}  // namespace

int run_merge(Options& options, const std::vector<Setting>& /*settings*/) {
  check_outputs("--output " + options.output,
                options.base.empty() ? peft_adapter_files(options.output)
                                     : std::vector<std::string>{options.output},
                options, options.overwrite);
  if (!options.base.empty()) check_ending(options);
  const std::vector<double> weights = weights_of(options);
  const InputWatch watch(options);
  std::vector<std::unique_ptr<PeftAdapter>> adapters;
  std::vector<WeightedAdapter> parts;
  for (std::size_t i = 0; i < options.adapters.size(); ++i) {
    adapters.push_back(std::make_unique<PeftAdapter>(open_adapter(options.adapters[i])));
    parts.push_back({adapters.back().get(), weights[i]});
  }
  for (const std::string& adapter : options.adapters) warn_of_scaling(adapter);
  StandardOutput out;
  nlohmann::ordered_json facts = {{"output", options.output}};
  if (options.base.empty()) {
    const PeftDirectoryLock lock(options.output);
    concatenate_adapters(parts, options.output);
    spdlog::info("wrote one adapter for {} to {}", joined(options.adapters), options.output);
  } else {
    const MergeReport report =
        merge_adapters({options.base, options.fan_in_fan_out, parts, options.unmerge,
                        options.output, [&watch] { watch.check_content(); }});
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
    json_on(out).end(facts, kDone);
  }
  return kDone;
}

}  // namespace lora::cli
