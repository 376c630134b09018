// --profile: where the time went, and how much of the machine was used.
#pragma once

#include <chrono>

#include <nlohmann/json.hpp>

#include "lora/core/profile.h"
#include "lora/ops/peak.h"

namespace lora::cli {

class Profiling {
 public:
  /// From here on the time runs. Without `wanted` nothing is measured.
  explicit Profiling(bool wanted) : wanted_(wanted), start_(std::chrono::steady_clock::now()) {}

  /// Where times are added; null if nobody wants them.
  Profile* profile() { return wanted_ ? &profile_ : nullptr; }

  /// Ends the time, measures the machine's peaks on so many threads, prints both on stderr, and
  /// puts them into `facts`. Does nothing if nobody wants it.
  void report(int threads, nlohmann::ordered_json& facts) const;

 private:
  bool wanted_;
  std::chrono::steady_clock::time_point start_;
  Profile profile_;
};

}  // namespace lora::cli
