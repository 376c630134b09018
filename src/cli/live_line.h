// The line at the foot of the terminal that is written over again and again.
#pragma once

#include <string>

namespace lora::cli {

/// Whether stderr is a terminal that can take a line back, and nobody has said that this is no
/// place for it: a CI's log (the variable CI), or TERM=dumb.
bool terminal_takes_live_line();

/// Columns of the terminal on stderr; 80 if it does not say.
std::size_t terminal_width();

/// Writes `text`, which must be narrower than the terminal, in place of the line that stands there.
void draw_live_line(const std::string& text);

/// Takes the line back, if one stands there: before anything else is written to the terminal.
void erase_live_line();

}  // namespace lora::cli
