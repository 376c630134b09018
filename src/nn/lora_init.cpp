#include "lora/nn/lora_init.h"

#include <array>
#include <cmath>

#include "lora/core/table.h"
#include "lora/nn/olora_init.h"
#include "lora/nn/orthogonal_init.h"
#include "lora/nn/pissa_init.h"

namespace lora {

namespace {

/// Both factors from the standard normal distribution, drawn as (in, rank) and (rank, out).
LoraFactors draw_normal(const InitContext& context) {
  const Matrix P = context.rng.normal(context.in(), context.rank);
  const Matrix Q = context.rng.normal(context.rank, context.out());
  return {P.transpose(), Q.transpose()};
}

/// PEFT's default.
LoraFactors draw_kaiming(const InitContext& context) {
  skip_discarded_draws(context);
  const double bound = kaiming_bound(context.in());
  return {context.rng.uniform(context.rank, context.in(), -bound, bound),
          Matrix::Zero(context.out(), context.rank)};
}

LoraFactors draw_gaussian(const InitContext& context) {
  skip_discarded_draws(context);
  const double std = 1 / static_cast<double>(context.rank);
  return {context.rng.normal(context.rank, context.in(), std),
          Matrix::Zero(context.out(), context.rank)};
}

constexpr std::array kInits = {
    LoraInit{"normal", "A and B from the standard normal distribution (starts off the base)",
             draw_normal},
    LoraInit{"kaiming", "A uniform within 1/sqrt(in), B zero, as PEFT (starts at the base)",
             draw_kaiming},
    LoraInit{"gaussian", "A normal with deviation 1/rank, B zero, as PEFT (starts at the base)",
             draw_gaussian},
    LoraInit{"orthogonal",
             "A and B from an orthogonal matrix, as PEFT (even rank; starts at the base)",
             draw_orthogonal},
    LoraInit{"pissa",
             "A and B from the weight's largest singular values, as PEFT (starts at the base)",
             draw_pissa, /*subtracted=*/true},
    LoraInit{"olora", "A and B from the weight's QR factorisation, as PEFT (starts at the base)",
             draw_olora, /*subtracted=*/true},
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

void skip_discarded_draws(const InitContext& context) {
  for (Index i = 0; i < context.rank * (context.in() + context.out()); ++i) context.rng.random();
}

}  // namespace lora
