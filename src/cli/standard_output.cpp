#include "standard_output.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <unistd.h>

#include "live_line.h"
#include "lora/core/error.h"

namespace lora::cli {

void StandardOutput::line(std::string_view text_of_line) {
  text(std::string(text_of_line) + "\n");
}

void StandardOutput::text(std::string_view rest) {
  static const bool is_terminal = isatty(STDOUT_FILENO) == 1;
  if (is_terminal) erase_live_line();
  while (!rest.empty() && !reader_gone_) {
    const ssize_t written = write(STDOUT_FILENO, rest.data(), rest.size());
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
