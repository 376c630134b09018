#include "extract_command.h"

#include <string>

#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include "announce.h"
#include "columns.h"
#include "exit_code.h"
#include "inputs.h"
#include "lora/artifact/extract.h"
#include "lora/artifact/peft_writer.h"
#include "lora/core/table.h"
#include "lora/report/json_lines.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> lines_of(const ExtractReport& report) {
  std::vector<std::vector<std::string>> cells = {
      {"layer", "rank", "kept", "|dW|", "|dW|/|W|", "effective rank"}};
  for (const ExtractedLayer& layer : report.layers) {
    cells.push_back({layer.path, std::to_string(layer.rank), fmt::format("{:.4f}", layer.kept),
                     fmt::format("{:.4g}", layer.norm), fmt::format("{:.4g}", layer.share_of_base),
                     fmt::format("{:.2f}", layer.effective_rank)});
  }
  return aligned(cells);
}

Json facts_of(const ExtractReport& report, const std::string& output) {
  Json layers = Json::array();
  for (const ExtractedLayer& layer : report.layers) {
    layers.push_back({{"path", layer.path},
                      {"rank", layer.rank},
                      {"kept", layer.kept},
                      {"norm", layer.norm},
                      {"share_of_base", layer.share_of_base},
                      {"effective_rank", layer.effective_rank}});
  }
  return {{"output", output},
          {"layers", layers},
          {"with_biases", report.with_biases},
          {"left_out", report.left_out}};
}

}  // namespace

int run_extract(Options& options, const std::vector<Setting>& settings) {
  check_outputs("--output " + options.save, peft_adapter_files(options.save), options,
                options.overwrite);
  announce_options(settings, kExtract);
  const PeftDirectoryLock lock(options.save);
  const InputWatch watch(options);
  const ExtractReport report = extract_adapter({options.base, options.tuned, options.fan_in_fan_out,
                                                options.rank.value_or(0), options.share.value_or(0),
                                                options.save, [&watch] { watch.check_content(); }});
  StandardOutput out;
  if (options.json) {
    json_on(out).end(facts_of(report, options.save), kDone);
  } else {
    for (const std::string& line : lines_of(report)) out.line(line);
  }
  if (!report.left_out.empty()) {
    spdlog::warn("warning: {} also changed, which this adapter has no room for",
                 joined(report.left_out));
  }
  spdlog::info("wrote the adapter{} to {}", report.with_biases ? ", with biases," : "",
               options.save);
  return kDone;
}

}  // namespace lora::cli
