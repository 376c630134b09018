// Compiled without contraction of a·b+c: each fused operation below is one that PyTorch's own build
// fuses, each other one is rounded by itself, so that every build draws the same numbers.
#include "lora/core/rng.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace lora {

namespace {

constexpr float kTwoToMinus24 = 0x1p-24F;
constexpr double kTwoToMinus53 = 0x1p-53;

// Normals are made sixteen at a time, eight pairs: values j and j+8 share a radius.
constexpr std::size_t kPairs = 8;
constexpr std::size_t kNormalBlock = 2 * kPairs;

/// Cephes logf for x in (0, 1].
inline float log_polynomial(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  auto exponent = static_cast<float>(static_cast<int>(bits >> 23U) - 126);
  float m = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F000000U);  // in [0.5, 1)
  const bool below_root_half = m < 0.707106781186547524F;
  exponent = below_root_half ? exponent - 1.0F : exponent;
  m = below_root_half ? (m - 1.0F) + m : m - 1.0F;

  const float z = m * m;
  float y = 7.0376836292e-2F;
  y = std::fma(y, m, -1.1514610310e-1F);
  y = std::fma(y, m, 1.1676998740e-1F);
  y = std::fma(y, m, -1.2420140846e-1F);
  y = std::fma(y, m, 1.4249322787e-1F);
  y = std::fma(y, m, -1.6668057665e-1F);
  y = std::fma(y, m, 2.0000714765e-1F);
  y = std::fma(y, m, -2.4999993993e-1F);
  y = std::fma(y, m, 3.3333331174e-1F);
  y = std::fma(y * m, z, exponent * -2.12194440e-4F);
  y = std::fma(-z, 0.5F, y);
  return std::fma(exponent, 0.693359375F, m + y);
}

struct SinCos {
  float sin;
  float cos;
};

/// Cephes sinf and cosf for x ≥ 0: reduce by multiples of π/4, then one polynomial each.
inline SinCos sincos_polynomial(float x) {
  const int octant = (static_cast<int>(x * 1.27323954473516F) + 1) & ~1;
  const auto y = static_cast<float>(octant);
  float r = std::fma(y, -0.78515625F, x);
  r = std::fma(y, -2.4187564849853515625e-4F, r);
  r = std::fma(y, -3.77489497744594108e-8F, r);

  const float z = r * r;
  float c = 2.443315711809948e-5F;
  c = std::fma(c, z, -1.388731625493765e-3F);
  c = std::fma(c, z, 4.166664568298827e-2F);
  c = std::fma(c * z, z, -(0.5F * z)) + 1.0F;

  float s = -1.9515295891e-4F;
  s = std::fma(s, z, 8.3321608736e-3F);
  s = std::fma(s, z, -1.6666654611e-1F);
  s = std::fma(s * z, r, r);

  const bool swapped = (octant & 2) != 0;
  const float sin = swapped ? c : s;
  const float cos = swapped ? s : c;
  return {(octant & 4) != 0 ? -sin : sin, ((octant - 2) & 4) == 0 ? -cos : cos};
}

/// Turns sixteen uniforms into sixteen normals in place (Box and Muller).
void normals_from_uniforms(float* values, float mean, float std) {
  constexpr auto kTwoPi = static_cast<float>(2.0 * std::numbers::pi);
  std::array<float, kPairs> radius;
  std::array<SinCos, kPairs> angle;
  for (std::size_t j = 0; j < kPairs; ++j) {
    radius[j] = std::sqrt(-2.0F * log_polynomial(1.0F - values[j]));
    angle[j] = sincos_polynomial(kTwoPi * values[j + kPairs]);
  }
  for (std::size_t j = 0; j < kPairs; ++j) {
    values[j] = std::fma(radius[j] * angle[j].cos, std, mean);
    values[j + kPairs] = std::fma(radius[j] * angle[j].sin, std, mean);
  }
}

/// `fill` on a row-major matrix of float, whatever Real is.
template <class Fill>
Matrix filled(Index rows, Index cols, Fill fill) {
  Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> values(rows, cols);
  fill(std::span<float>(values.data(), static_cast<std::size_t>(values.size())));
  return values.cast<Real>();
}

}  // namespace

std::uint64_t Rng::random64() {
  const std::uint64_t high = random();
  return high << 32U | random();
}

void Rng::fill_uniform(std::span<float> values, double from, double to) {
  const auto low = static_cast<float>(from);
  const float width = static_cast<float>(to) - low;
  for (float& value : values) {
    const float unit = static_cast<float>(random() & 0xFFFFFFU) * kTwoToMinus24;
    value = std::fma(unit, width, low);
  }
}

double Rng::uniform_double() {
  return static_cast<double>(random64() & ((1ULL << 53U) - 1)) * kTwoToMinus53;
}

double Rng::normal_double() {
  if (cached_normal_) return *std::exchange(cached_normal_, std::nullopt);
  const double u1 = uniform_double();
  const double u2 = uniform_double();
  const double radius = std::sqrt(-2.0 * std::log1p(-u2));
  const double theta = 2.0 * std::numbers::pi * u1;
  cached_normal_ = radius * std::sin(theta);
  return radius * std::cos(theta);
}

void Rng::fill_normal(std::span<float> values, double mean, double std) {
  const std::size_t n = values.size();
  if (n < kNormalBlock) {
    for (float& value : values) value = static_cast<float>(normal_double() * std + mean);
    return;
  }
  fill_uniform(values, 0.0, 1.0);
  const auto mean_f = static_cast<float>(mean);
  const auto std_f = static_cast<float>(std);
  for (std::size_t i = 0; i + kNormalBlock <= n; i += kNormalBlock) {
    normals_from_uniforms(values.data() + i, mean_f, std_f);
  }
  if (n % kNormalBlock != 0) {  // the last sixteen are drawn afresh, over some that were done
    const std::span<float> last = values.last(kNormalBlock);
    fill_uniform(last, 0.0, 1.0);
    normals_from_uniforms(last.data(), mean_f, std_f);
  }
}

std::vector<Index> Rng::permutation(Index n) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  const std::size_t count = order.size();
  for (std::size_t i = 0; i + 1 < count; ++i) {
    std::swap(order[i], order[i + random() % (count - i)]);
  }
  return order;
}

Matrix Rng::uniform(Index rows, Index cols, double from, double to) {
  return filled(rows, cols, [&](std::span<float> values) { fill_uniform(values, from, to); });
}

Matrix Rng::normal(Index rows, Index cols, double std) {
  return filled(rows, cols, [&](std::span<float> values) { fill_normal(values, 0.0, std); });
}

std::string Rng::state() const {
  std::ostringstream text;
  text << engine_;
  if (cached_normal_) text << ' ' << std::bit_cast<std::uint64_t>(*cached_normal_);
  return text.str();
}

void Rng::set_state(const std::string& text) {
  std::istringstream in(text);
  std::mt19937 engine;
  if (!(in >> engine)) throw std::invalid_argument("Rng::set_state: no state of a generator");
  engine_ = engine;
  std::uint64_t bits = 0;
  cached_normal_.reset();
  if (in >> bits) cached_normal_ = std::bit_cast<double>(bits);
}

}  // namespace lora
