#include "inspect_command.h"

#include <filesystem>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "adapter_inspection.h"
#include "exit_code.h"
#include "inspection.h"
#include "lora/report/json_lines.h"
#include "standard_output.h"

namespace lora::cli {

namespace {

Inspection inspect(const std::string& path, const Options& options) {
  std::error_code hidden;
  if (!std::filesystem::is_directory(path, hidden)) {
    return names_array_file(path) ? inspect_arrays(path) : inspect_table(path);
  }
  const CheckpointDirectory checkpoints(path);
  return checkpoints.steps().empty() ? inspect_adapter(path, options)
                                     : inspect_checkpoints(checkpoints);
}

}  // namespace

int run_inspect(Options& options, const std::vector<Setting>& /*settings*/) {
  StandardOutput out;
  JsonLines json = json_on(out);
  auto files = nlohmann::ordered_json::array();
  for (const std::string& path : options.paths) {
    Inspection inspection = inspect(path, options);
    files.push_back(std::move(inspection.facts));
    if (options.json) continue;
    for (const std::string& line : inspection.lines) out.line(line);
  }
  if (options.json) json.end({{"files", files}}, kDone);
  return kDone;
}

}  // namespace lora::cli
