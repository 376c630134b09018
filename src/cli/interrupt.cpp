#include "interrupt.h"

#include <csignal>
#include <string_view>
#include <unistd.h>

#include "exit_code.h"

namespace lora::cli {

namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t signal_seen = 0;

void remember(int number) {
  signal_seen = 1;
  std::signal(number, SIG_DFL);  // the next one ends the program at once
}

/// Only what a signal handler may call.
void end_at_once(int /*number*/) {
  constexpr std::string_view kSentence = "interrupted; no file was written\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, kSentence.data(), kSentence.size());
  _exit(kInterrupted);
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
