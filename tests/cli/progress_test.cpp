// The line that says how far a run is, on a terminal of its own.
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <pty.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sample_files.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

const std::string kErase = "\r\x1b[K";
const std::string kLong =
    LORA_BINARY_DIR "/lora-train --in 64 --out 32 --samples 4000 --epochs 40 --batch-size 8 ";

/// A bare chroot has none.
bool has_terminals() {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  const bool exist =
      master >= 0 && ptsname(master) != nullptr && access(ptsname(master), R_OK) == 0;
  if (master >= 0) close(master);
  if (!exist) WARN("there are no pseudo-terminals here: nothing was checked");
  return exist;
}

/// All that a shell command writes to a terminal of so many columns.
std::string on_terminal(const std::string& command, std::size_t columns) {
  winsize size{};
  size.ws_row = 24;
  size.ws_col = static_cast<unsigned short>(columns);
  int terminal = 0;
  const pid_t child = forkpty(&terminal, nullptr, nullptr, &size);
  REQUIRE(child >= 0);
  if (child == 0) {
    unsetenv("CI");
    setenv("TERM", "xterm", 1);
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 1; count > 0;) {
    count = read(terminal, buffer.data(), buffer.size());
    if (count > 0) text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(terminal);
  int status = 0;
  waitpid(child, &status, 0);
  CAPTURE(text);
  CHECK(status == 0);
  return text;
}

/// What a terminal shows at the end: whatever is erased is gone.
std::string shown(const std::string& text) {
  std::string screen;
  std::size_t line = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, kErase.size(), kErase) == 0) {
      screen.resize(line);
      i += kErase.size() - 1;
    } else if (text[i] == '\n') {
      screen += '\n';
      line = screen.size();
    } else if (text[i] != '\r') {
      screen += text[i];
    }
  }
  return screen;
}

}  // namespace

TEST_CASE("on a terminal a live line says how far a run is, and is gone at the end",
          "[cli][progress]") {
  if (!has_terminals()) return;
  const TemporaryDirectory directory;
  for (const std::size_t columns : {30U, 80U, 200U}) {
    const std::string text = on_terminal(kLong, columns);
    std::size_t lines = 0;
    for (std::size_t at = text.find(kErase + "epoch "); at != std::string::npos;
         at = text.find(kErase + "epoch ", at + 1)) {
      const std::size_t first = at + kErase.size();
      const std::string line = text.substr(first, text.find_first_of("\r\n", first) - first);
      CAPTURE(line, columns);
      CHECK(line.size() < columns);
      CHECK(line.find("/40") != std::string::npos);
      CHECK((line.find("MB") != std::string::npos) == (columns == 200));
      ++lines;
    }
    CHECK(lines > 0);
    const std::string screen = shown(text);
    CHECK(screen.find("step ") == std::string::npos);
    CHECK(screen.find("\nEpoch 40/40, Loss: ") != std::string::npos);
    CHECK(screen.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("a live line is only where somebody sees it", "[cli][progress]") {
  if (!has_terminals()) return;
  for (const std::string& command :
       {"CI=true " + kLong, "TERM=dumb " + kLong, kLong + "--progress off", kLong + "--quiet",
        kLong + "2>&1 | cat"}) {
    CAPTURE(command);
    CHECK(on_terminal(command, 80).find('\x1b') == std::string::npos);
  }
  CHECK(on_terminal("CI=true " + kLong + "--progress on", 80).find(kErase) != std::string::npos);
}
