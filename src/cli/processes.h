// The processes of this run: those that mpirun started, or this one alone.
#pragma once

#include <string>

#include "lora/core/group.h"
#include "options.h"

namespace lora::cli {

/// MPI is initialised by the first call, if mpirun (or srun with PMIx) started this process.
Group& processes();

/// How many of them are on this host.
int processes_on_host();

/// "rank 2 of 4 on node7: " in front of a message, or nothing for one process alone.
std::string own_name();

/// What the first process gives, for all.
std::string from_first(const std::string& own);

/// Refuses what several processes cannot do together, and several of a program that was built for
/// one.
void check_shared_out(const Options& options, const std::string& verb);

/// Files and lines are the first one's: takes out of the options of the others what makes them, but
/// for a report, which looks at the rows of all. Of several runs each process has some for itself,
/// with all their options.
void leave_outputs_to_first(Options& options);

/// Where all have met the same fault, the first one's message is enough: it ends the others while
/// they wait to speak.
void let_first_speak();

/// Waits until all processes have come to their end.
void leave_processes();

/// Ends all processes, if there are several; mpirun exits with that code.
void end_processes(int exit_code);

}  // namespace lora::cli
