// Ctrl-C and SIGTERM: while files are read they end the program at once; later the first asks the
// command to end at a good place, and the second ends it there.
#pragma once

namespace lora::cli {

/// Ignores SIGPIPE and SIGXFSZ, whose causes show up as failed writes.
void ignore_write_signals();

/// From now on SIGINT and SIGTERM end the program with code 130 and a sentence.
void end_on_stop_signals();

/// Catches SIGINT and SIGTERM from now on: for the part of a command that asks interrupted() often.
void catch_stop_signals();

/// True once a signal has asked for the end.
bool interrupted();

}  // namespace lora::cli
