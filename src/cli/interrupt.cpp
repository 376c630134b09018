#include "interrupt.h"

#include <csignal>

namespace lora::cli {

namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t signal_seen = 0;

void remember(int number) {
  signal_seen = 1;
  std::signal(number, SIG_DFL);  // the next one ends the program at once
}

}  // namespace

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
