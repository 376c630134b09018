#include "interrupt.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

#include "exit_code.h"
#include "lora/io/file_descriptor.h"

namespace lora::cli {

namespace {

// A signal handler can reach nothing but a global.
volatile std::sig_atomic_t signal_seen = 0;
volatile std::sig_atomic_t is_silent = 0;

// From here on: only what a signal handler may call.

void say(std::string_view text) {
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
}

[[noreturn]] void end_saying(std::string_view sentence) {
  if (is_silent == 0) say(sentence);
  _exit(kInterrupted);
}

void end_at_once(int /*number*/) {
  end_saying("interrupted; no file was written\n");
}

void remember(int /*number*/) {
  if (signal_seen != 0) end_saying("interrupted again, in the middle of a step\n");
  signal_seen = 1;
}

/// The system's list of this process's mappings, a line each:
/// "7f00-7fff r--p 00000000 08:01 1234    /data/x.npy".
class Mappings {
 public:
  Mappings() : file_(open("/proc/self/maps", O_RDONLY | O_CLOEXEC)) {}

  /// The file that is mapped at the address; empty if there is none.
  std::string_view file_at(std::uintptr_t address) {
    while (true) {
      const std::uintptr_t begin = hexadecimal();
      const std::uintptr_t end = hexadecimal();
      if (end == 0) return {};
      read_name();
      if (begin <= address && address < end) return {name_.data(), name_size_};
    }
  }

 private:
  /// Zero at the end.
  char next() {
    if (next_ == end_) {
      next_ = 0;
      end_ = std::max<ssize_t>(0, read(file_.get(), buffer_.data(), buffer_.size()));
      if (end_ == 0) return 0;
    }
    return buffer_[static_cast<std::size_t>(next_++)];
  }

  /// A number, and the sign that follows it.
  std::uintptr_t hexadecimal() {
    std::uintptr_t number = 0;
    while (true) {
      const char c = next();
      const bool letter = c >= 'a' && c <= 'f';
      if (!letter && (c < '0' || c > '9')) return number;
      number = 16 * number + static_cast<std::uintptr_t>(letter ? c - 'a' + 10 : c - '0');
    }
  }

  /// What begins with a slash, to the end of the line.
  void read_name() {
    name_size_ = 0;
    for (char c = next(); c != '\n' && c != 0; c = next()) {
      // The numbers of the device have no slash in them, and come before.
      if (name_size_ == 0 && c != '/') continue;
      if (name_size_ < name_.size()) name_[name_size_++] = c;
    }
  }

  FileDescriptor file_;
  std::array<char, 1024> buffer_;
  ssize_t next_ = 0;
  ssize_t end_ = 0;
  std::array<char, 4096> name_;
  std::size_t name_size_ = 0;
};

void end_cut_off(int number, siginfo_t* about, void* /*context*/) {
  static std::atomic_flag said = ATOMIC_FLAG_INIT;
  while (said.test_and_set()) pause();  // another thread has come here first, and ends all
  Mappings mappings;
  const std::string_view file = mappings.file_at(reinterpret_cast<std::uintptr_t>(about->si_addr));
  if (about->si_code != BUS_ADRERR || file.empty()) {
    std::signal(number, SIG_DFL);
    raise(number);
    return;  // to be ended there as if nobody had asked
  }
  say("error: ");
  say(file);
  say(": was cut off by another program while it was read, or cannot be read any more\n");
  _exit(kInput);
}

}  // namespace

void end_on_stop_signals(bool silently) {
  is_silent = silently ? 1 : 0;
  std::signal(SIGINT, end_at_once);
  std::signal(SIGTERM, end_at_once);
}

void end_on_cut_off_files() {
  struct sigaction action {};
  action.sa_sigaction = end_cut_off;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &action, nullptr);
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
