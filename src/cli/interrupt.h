// Ctrl-C and SIGTERM: the first asks the command to end at a good place, the second ends it there.
#pragma once

namespace lora::cli {

/// Ignores SIGPIPE and SIGXFSZ, whose causes show up as failed writes.
void ignore_write_signals();

/// Catches SIGINT and SIGTERM from now on: for the part of a command that asks interrupted() often.
void catch_stop_signals();

/// True once a signal has asked for the end.
bool interrupted();

}  // namespace lora::cli
