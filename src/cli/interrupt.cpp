#include "interrupt.h"

#include <csignal>
#include <string_view>
#include <unistd.h>

#include "exit_code.h"

namespace lora::cli {

namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t signal_seen = 0;

/// Only what a signal handler may call.
[[noreturn]] void end_saying(std::string_view sentence) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, sentence.data(), sentence.size());
  _exit(kInterrupted);
}

void end_at_once(int /*number*/) {
  end_saying("interrupted; no file was written\n");
}

void remember(int /*number*/) {
  if (signal_seen != 0) end_saying("interrupted again, in the middle of a step\n");
  signal_seen = 1;
}

}  // namespace

void end_on_stop_signals() {
  std::signal(SIGINT, end_at_once);
  std::signal(SIGTERM, end_at_once);
}

void ignore_write_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void catch_stop_signals() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
}

bool interrupted() {
  return signal_seen != 0;
}

}  // namespace lora::cli
