#include "lora/nn/lora_parts.h"

#include <array>
#include <utility>

namespace lora {

LoraParts LoraParts::drawn(const AdapterOptions& options, const FrozenMatrix& weight, Rng& rng) {
  const LoraInit& init = lora_init(options.init);
  LoraFactors factors = init.draw({weight, options.rank, options.scale(), rng});
  std::optional<LowRank> start;
  if (init.subtracted) start.emplace(factors, -options.scale(), /*trained=*/false);
  return {LowRank(std::move(factors), options.scale(), /*trained=*/true), std::move(start),
          Dropout(options.dropout)};
}

void LoraParts::output_norms(const FrozenMatrix& W, MutableView norms, Tape& tape) const {
  if (start) {
    lora::output_norms(W, std::array{trained.term(), start->term()}, norms, tape);
  } else {
    lora::output_norms(W, std::array{trained.term()}, norms, tape);
  }
}

DoubleMatrix LoraParts::rows(Index first, Index count) const {
  DoubleMatrix rows = trained.rows(first, count);
  if (start) rows += start->rows(first, count);
  return rows;
}

std::optional<LoraFactors> LoraParts::converted() const {
  if (!start) return std::nullopt;
  const Matrix& A = trained.A().value;
  const Matrix& B = trained.B().value;
  LoraFactors both{Matrix(2 * A.rows(), A.cols()), Matrix(B.rows(), 2 * B.cols())};
  both.A << A, start->A().value;
  both.B << B, -start->B().value;
  return both;
}

void LoraParts::visit(const std::string& prefix, Visitor& visitor) {
  visitor.parameter(join_path(prefix, "lora_A.weight"), trained.A());
  visitor.parameter(join_path(prefix, "lora_B.weight"), trained.B());
}

}  // namespace lora
