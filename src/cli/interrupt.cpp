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

void install_signal_handlers() {
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() {
  return signal_seen != 0;
}

}  // namespace lora::cli
