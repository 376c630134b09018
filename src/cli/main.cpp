// lora-train: parse, build, run, catch.
#include <algorithm>
#include <array>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <vector>

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include "command_line.h"
#include "exit_code.h"
#include "interrupt.h"
#include "live_line.h"
#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/report/json_lines.h"
#include "options.h"
#include "processes.h"
#include "standard_output.h"
#include "variants.h"
#include "verbs.h"

namespace lora::cli {

namespace {

/// Messages stand above the line that says how far a run is.
class AboveLiveLine : public spdlog::sinks::stderr_color_sink_mt {
 public:
  void log(const spdlog::details::log_msg& message) override {
    erase_live_line();
    spdlog::sinks::stderr_color_sink_mt::log(message);
  }
};

/// Everything but results goes to stderr. Of several processes the first one tells how things are;
/// others only say what they failed of.
void set_up_log(const Options& options) {
  spdlog::set_level(!processes().is_first() ? spdlog::level::off
                    : options.quiet         ? spdlog::level::err
                    : options.verbose       ? spdlog::level::debug
                                            : spdlog::level::info);
}

/// Whether the command line asks for JSON, before it is known to be right.
bool names_json(int argc, const char* const* argv) {
  return std::any_of(argv, argv + argc,
                     [](const char* argument) { return std::string_view(argument) == "--json"; });
}

/// Says how a command failed, on stderr and with --json in the last line on stdout. Returns `code`.
int report_failure(const std::string& message, int code, const Options& options) {
  let_first_speak();
  if (!processes().is_first()) spdlog::set_level(spdlog::level::err);
  spdlog::error("{}error: {}", own_name(), message);
  if (!options.json) return code;
  try {
    StandardOutput out;
    json_on(out).failed(message, code);
  } catch (const Error&) {
    return code;  // the first failure is the one to be told
  }
  return code;
}

constexpr std::size_t kStackBytes = std::size_t{3} << 20U;

/// Has so large a frame that nothing but it may stand here.
[[gnu::noinline]] void touch_stack() {
  std::array<volatile char, kStackBytes> room;
  room[0] = 0;  // its far end; the pages between are not touched, and take no memory
}

/// Takes the part of the stack that large products need while there is room for it. Where a limit
/// of memory (ulimit -v) keeps the stack from growing later, the system ends the program without a
/// word.
void grow_stack() {
  struct rlimit limit {};
  if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur < 2 * kStackBytes) return;
  touch_stack();
}

int run_verb(const CommandLine& line, Options& options, std::vector<Setting>& settings) {
  const Verb& verb = find_entry(verbs(), "command", line.verb);
  check_shared_out(options, line.verb);
  verb.resolve(options);
  if (line.action == CommandLine::Action::print_config) {
    leave_out_swept(settings, options);
    StandardOutput().text(as_toml(settings, verb.bit));
    return kDone;
  }
  leave_outputs_to_first(options);
  set_up_log(options);
  end_on_cut_off_files();
  end_on_stop_signals(/*silently=*/processes().size() > 1);
  return verb.run(options, settings);
}

int run(int argc, const char* const* argv, Options& options) {
  options.json = names_json(argc, argv);
  std::vector<Setting> settings = bind(options);
  const CommandLine line = parse_command_line(argc, argv, settings);
  if (line.action == CommandLine::Action::print_text) {
    StandardOutput().text(line.text);
    return kDone;
  }
  options.paths = line.paths;
  options.given_on_line = line.given;
  options.given_in_file = line.given_in_file;
  return run_verb(line, options, settings);
}

/// Of several processes one that fails ends the others.
int run_and_report(int argc, const char* const* argv) {
  Options options;
  int code = kFault;
  try {
    code = run(argc, argv, options);
    leave_processes();
    return code;
  } catch (const Error& error) {
    code = report_failure(error.what(), exit_code_of(error.kind()), options);
  } catch (const std::bad_alloc&) {
    code = report_failure(
        "not enough memory for this run; fewer rows, outputs or a lower rank need less", kMemory,
        options);
  } catch (const std::exception& fault) {
    code = report_failure(std::string("a fault of the program: ") + fault.what(), kFault, options);
  }
  end_processes(code);
  return code;
}

}  // namespace

}  // namespace lora::cli

int main(int argc, char** argv) {
  lora::cli::grow_stack();
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("lora-train", std::make_shared<lora::cli::AboveLiveLine>()));
  spdlog::set_pattern("%v");
  lora::cli::ignore_write_signals();
  return lora::cli::run_and_report(argc, argv);
}
