// PyTorch's CPU generator: the same seed gives the same numbers.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

/// Mersenne Twister (mt19937) with PyTorch's ways of making numbers from it. Bit for bit the same
/// for uniforms, integers, permutations and normals of fewer than 16 elements; for larger normals
/// within 2 units in the last place of PyTorch's AVX2 kernel, whose polynomials (Cephes, by Stephen
/// L. Moshier, single-precision log, sin and cos) are used here too.
class Rng {
 public:
  /// Only the low 32 bits of the seed count, as in torch.manual_seed.
  explicit Rng(std::uint64_t seed) : engine_(static_cast<std::uint32_t>(seed)) {}

  /// The next 32 and 64 random bits (of 64, the first draw is the high half).
  std::uint32_t random() { return static_cast<std::uint32_t>(engine_()); }
  std::uint64_t random64();

  /// torch.empty((), dtype=torch.int64).random_(): uniform in [0, 2⁶³).
  std::int64_t random_int64() { return static_cast<std::int64_t>(random64() & ~(1ULL << 63U)); }

  /// Tensor.uniform_(from, to) on a contiguous float tensor.
  void fill_uniform(std::span<float> values, double from, double to);

  /// Tensor.normal_(mean, std) on a contiguous float tensor.
  void fill_normal(std::span<float> values, double mean, double std);

  /// One number of Tensor.bernoulli_(probability): true with that probability.
  bool bernoulli(double probability) { return uniform_double() < probability; }

  /// torch.randperm(n).
  std::vector<Index> permutation(Index n);

  /// (rows, cols) of fill_uniform and of fill_normal around 0, in row-major order.
  Matrix uniform(Index rows, Index cols, double from, double to);
  Matrix normal(Index rows, Index cols, double std = 1);

  /// All that decides the numbers to come, as text for set_state(), which throws
  /// std::invalid_argument for another text.
  std::string state() const;
  void set_state(const std::string& text);

 private:
  double uniform_double();
  double normal_double();

  std::mt19937 engine_;
  std::optional<double> cached_normal_;  // the second of a pair, until the next single normal
};

}  // namespace lora
