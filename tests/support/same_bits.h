// Numbers that must be the same to the last bit, on any number of threads.
#pragma once

#include <cstddef>
#include <cstring>
#include <vector>

#include "lora/core/compute.h"
#include "lora/core/matrix.h"
#include "support/catch.h"

namespace lora::test {

/// True if both hold the same bits.
inline bool same_bits(const std::vector<Real>& a, const std::vector<Real>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Real)) == 0;
}
inline bool same_bits(const View& a, const View& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (Index i = 0; i < a.rows(); ++i) {
    const auto bytes = static_cast<std::size_t>(a.cols()) * sizeof(Real);
    if (std::memcmp(a.row(i).data(), b.row(i).data(), bytes) != 0) return false;
  }
  return true;
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
