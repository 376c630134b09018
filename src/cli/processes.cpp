#include "processes.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

#include "lora/core/error.h"
#ifdef LORA_WITH_MPI
#include "lora/io/mpi_group.h"
#endif

namespace lora::cli {

namespace {

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// By what Open MPI's mpirun, Hydra's, and srun with PMIx tell a process that they start.
bool is_started_with_others() {
  for (const char* size : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE"}) {
    if (!variable(size).empty()) return variable(size) != "1";
  }
  return !variable("PMIX_RANK").empty() && variable("SLURM_STEP_NUM_TASKS") != "1";
}

#ifdef LORA_WITH_MPI
std::unique_ptr<MpiGroup>& mpi() {
  static std::unique_ptr<MpiGroup> group =
      is_started_with_others() ? std::make_unique<MpiGroup>() : nullptr;
  return group;
}
#endif

void refuse(bool given, const std::string& what, const std::string& reason) {
  if (!given) return;
  throw Error(ErrorKind::usage, what, " is for one process, and mpirun has started ",
              processes().size(), ": ", reason);
}

}  // namespace

Group& processes() {
  static SingleProcess alone;
#ifdef LORA_WITH_MPI
  if (mpi()) return *mpi();
#endif
  return alone;
}

int processes_on_host() {
#ifdef LORA_WITH_MPI
  if (mpi()) return mpi()->size_on_host();
#endif
  return 1;
}

std::string own_name() {
#ifdef LORA_WITH_MPI
  if (mpi() && mpi()->size() > 1) return mpi()->name() + ": ";
#endif
  return "";
}

void check_shared_out(const Options& options, const std::string& verb) {
#ifndef LORA_WITH_MPI
  if (is_started_with_others()) {
    throw Error(ErrorKind::usage,
                "mpirun has started several processes, but this program was built for one; "
                "-DLORA_WITH_MPI=ON builds it for several");
  }
#endif
  if (processes().size() == 1) return;
  refuse(verb != "train", "lora-train " + verb, "only training is shared out");
  refuse(options.data == "-", "--data -", "each reads a file for itself");
  if (options.of_several_runs()) return;
  refuse(!options.pairs.empty(), "--pairs",
         "each query is told from all documents of its batch, which is not to be split");
}

void leave_outputs_to_first(Options& options) {
  if (processes().is_first() || options.of_several_runs()) return;
  options.save.clear();
  options.log.clear();
  options.plot.clear();
  options.tensorboard.clear();
  options.json = options.profile = false;
  options.progress = "off";
}

std::string from_first(const std::string& own) {
  return processes().gather(processes().is_first() ? own : "").front();
}

void let_first_speak() {
  constexpr std::chrono::seconds kAhead(2);  // as long as the others may take to hear of its end
  if (!processes().is_first()) std::this_thread::sleep_for(kAhead);
}

void leave_processes() {
#ifdef LORA_WITH_MPI
  mpi().reset();
#endif
}

void end_processes([[maybe_unused]] int exit_code) {
#ifdef LORA_WITH_MPI
  if (mpi() && mpi()->size() > 1) MpiGroup::end_all(exit_code);
#endif
}

}  // namespace lora::cli
