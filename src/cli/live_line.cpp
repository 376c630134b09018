#include "live_line.h"

#include <cstdlib>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace lora::cli {

namespace {

constexpr std::string_view kErase = "\r\x1b[K";

// The terminal is one for the whole process, and so is what stands on it.
bool is_drawn = false;

bool is_set(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// A terminal that is gone ends no run.
void write_to_terminal(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

bool terminal_takes_live_line() {
  const char* const terminal = std::getenv("TERM");
  const bool is_dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return isatty(STDERR_FILENO) == 1 && !is_dumb && !is_set("CI");
}

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  const bool is_known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return is_known ? size.ws_col : kUsual;
}

void draw_live_line(const std::string& text) {
  write_to_terminal(std::string(kErase) + text);
  is_drawn = true;
}

void erase_live_line() {
  if (!is_drawn) return;
  is_drawn = false;
  write_to_terminal(kErase);
}

}  // namespace lora::cli
