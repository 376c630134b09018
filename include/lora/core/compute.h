// How a run computes, and what it has computed: passed along, never global.
#pragma once

#include <cstdint>

namespace lora {

class Profile;

/// Not shared between threads: who computes at the same time as others has one of its own.
struct Compute {
  int threads = 1;             ///< at most so many; results do not depend on it
  std::uint64_t products = 0;  ///< matrix products so far
  double multiplications = 0;  ///< scalar multiply-adds of those products
  Profile* profile = nullptr;  ///< where times are added; null if nobody wants them
};

}  // namespace lora
