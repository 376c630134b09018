// What the lines of JsonLines, kept in a file, say of a run.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"
#include "lora/report/history.h"

namespace lora {

/// How far a run had come when its checkpoint was written.
struct RunPosition {
  Index steps = 0;
  Index epochs = 0;
};

/// Whether a text begins as a log does: with a start event.
bool is_run_log(std::string_view text);

/// The first lines of a log, up to one of a later step or epoch, one that ends the run, or one that
/// is not whole.
std::string_view lines_until(std::string_view log, RunPosition position);

/// A run as its log has it.
struct LoggedRun {
  nlohmann::ordered_json start;               ///< the last start event
  std::optional<nlohmann::ordered_json> end;  ///< nothing if the run has not come to an end
  History history;
  double seconds = 0;  ///< of all epochs
};

/// Lines that are not whole are passed over.
LoggedRun read_run_log(std::string_view log);

}  // namespace lora
