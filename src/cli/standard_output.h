// Lines on stdout, each flushed when it is printed.
#pragma once

#include <string_view>

#include "lora/report/json_lines.h"

namespace lora::cli {

/// Once the reader of a pipe is gone, lines are dropped in silence, and so they are if it does not
/// read while a stop signal waits to be obeyed. Any other failure (a full disk) throws
/// Error(output).
class StandardOutput {
 public:
  void line(std::string_view text);
  void text(std::string_view text);

  bool reader_is_gone() const { return reader_gone_; }

 private:
  bool reader_gone_ = false;
};

/// Events as JSON on stdout, one object a line; `out` must outlive it.
JsonLines json_on(StandardOutput& out);

}  // namespace lora::cli
