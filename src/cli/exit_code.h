// The exit codes: part of what scripts rely on.
#pragma once

#include "lora/core/error.h"

namespace lora::cli {

enum ExitCode : int {
  kDone = 0,
  kFault = 1,
  kUsage = 2,
  kInput = 3,
  kTraining = 4,
  kRequirement = 5,
  kOutput = 6,
  kMemory = 7,
  kInterrupted = 130,
};

inline int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return kUsage;
    case ErrorKind::input:
      return kInput;
    case ErrorKind::training:
      return kTraining;
    case ErrorKind::output:
      return kOutput;
    case ErrorKind::memory:
      return kMemory;
  }
  return kFault;
}

}  // namespace lora::cli
