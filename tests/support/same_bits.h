// Results that must not depend on the number of threads.
#pragma once

#include <cstddef>
#include <cstring>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "support/catch.h"

namespace lora::test {

inline bool same_bits(const Matrix& a, const Matrix& b) {
  return a.rows() == b.rows() && a.cols() == b.cols() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(Real)) == 0;
}

/// Checks that `result(compute)`, a matrix, has the same bits with 2, 3 and 4 threads as with 1.
template <class Result>
void check_threads(const Result& result) {
  Compute alone;
  const Matrix expected = result(alone);
  for (int threads = 2; threads <= 4; ++threads) {
    INFO(threads << " threads");
    Compute compute;
    compute.threads = threads;
    CHECK(same_bits(result(compute), expected));
  }
}

}  // namespace lora::test
