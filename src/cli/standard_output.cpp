#include "standard_output.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <poll.h>
#include <string>
#include <unistd.h>

#include "interrupt.h"
#include "live_line.h"
#include "lora/core/error.h"
#include "processes.h"

namespace lora::cli {

namespace {

// How long a reader may let a run wait that was asked to end.
constexpr int kPatienceMilliseconds = 250;

// A pipe that takes something takes so much without a wait: PIPE_BUF.
constexpr std::size_t kAtOnce = 4096;

/// Waits until stdout takes something. False if nobody reads, and the run was asked to end.
bool wait_for_reader() {
  while (true) {
    const bool is_to_end = interrupted();
    pollfd out{STDOUT_FILENO, POLLOUT, 0};
    const int ready = poll(&out, 1, kPatienceMilliseconds);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
    if (ready == 0 && is_to_end) return false;
  }
}

}  // namespace

void StandardOutput::line(std::string_view text_of_line) {
  text(std::string(text_of_line) + "\n");
}

void StandardOutput::text(std::string_view rest) {
  if (!processes().is_first()) return;
  static const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  if (is_terminal) erase_live_line();
  while (!rest.empty() && !reader_gone_) {
    if (!wait_for_reader()) {
      reader_gone_ = true;
      return;
    }
    const ssize_t written = write(STDOUT_FILENO, rest.data(), std::min(rest.size(), kAtOnce));
    if (written >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno != EINTR) {
      throw Error(ErrorKind::output, "stdout cannot be written: ", std::strerror(errno));
    }
  }
}

JsonLines json_on(StandardOutput& out) {
  return JsonLines([&out](const std::string& line) { out.line(line); });
}

}  // namespace lora::cli
