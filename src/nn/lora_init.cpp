#include "lora/nn/lora_init.h"

#include <array>
#include <cmath>

#include "lora/core/table.h"

namespace lora {

namespace {

/// Both factors from the standard normal distribution, drawn as (in, rank) and (rank, out).
LoraFactors draw_normal(Index in, Index out, Index rank, Rng& rng) {
  const Matrix P = rng.normal(in, rank);
  const Matrix Q = rng.normal(rank, out);
  return {P.transpose(), Q.transpose()};
}

/// PEFT's default. It makes two linear layers, whose own initialisation is drawn and thrown away,
/// before it draws A; a run with the same seed must skip the same numbers.
LoraFactors draw_kaiming(Index in, Index out, Index rank, Rng& rng) {
  rng.uniform(rank, in, 0, 1);
  rng.uniform(out, rank, 0, 1);
  const double bound = kaiming_bound(in);
  return {rng.uniform(rank, in, -bound, bound), Matrix::Zero(out, rank)};
}

constexpr std::array kInits = {
    LoraInit{"normal", "A and B from the standard normal distribution (starts off the base)",
             draw_normal},
    LoraInit{"kaiming", "A uniform within 1/sqrt(in), B zero, as PEFT (starts at the base)",
             draw_kaiming},
};

}  // namespace

std::span<const LoraInit> lora_inits() {
  return kInits;
}

const LoraInit& lora_init(std::string_view name) {
  return find_entry(lora_inits(), "initialisation", name);
}

double kaiming_bound(Index in) {
  const double a = std::sqrt(5.0);
  const double gain = std::sqrt(2.0 / (1.0 + a * a));
  return std::sqrt(3.0) * (gain / std::sqrt(static_cast<double>(in)));
}

}  // namespace lora
