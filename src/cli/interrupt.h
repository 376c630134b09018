// Ctrl-C and SIGTERM: the first asks the run to end after its step, the second ends the program.
#pragma once

namespace lora::cli {

/// Catches SIGINT and SIGTERM from now on; ignores SIGPIPE and SIGXFSZ, whose causes show up as
/// failed writes.
void install_signal_handlers();

/// True once a signal has asked for the end.
bool interrupted();

}  // namespace lora::cli
