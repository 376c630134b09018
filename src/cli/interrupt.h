// Ctrl-C and SIGTERM: while files are read they end the program at once; later the first asks the
// command to end at a good place, and the second ends it there. And a file that loses its end.
#pragma once

namespace lora::cli {

/// Ignores SIGPIPE and SIGXFSZ, whose causes show up as failed writes.
void ignore_write_signals();

/// From now on SIGBUS, by which the system says that the end of a mapped file is gone, ends the
/// program as an input error does, with a sentence that names the file. What was being written is
/// left as by a kill: under no final name.
void end_on_cut_off_files();

/// From now on SIGINT and SIGTERM end the program with code 130 and a sentence; `silently` without
/// one: of several processes all are ended when one fails, and nobody has interrupted them.
void end_on_stop_signals(bool silently);

/// Catches SIGINT and SIGTERM from now on: for the part of a command that asks interrupted() often.
void catch_stop_signals();

/// True once a signal has asked for the end.
bool interrupted();

}  // namespace lora::cli
