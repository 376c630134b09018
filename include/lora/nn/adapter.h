// What a linear layer may carry beside its frozen weight, and the table of its kinds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lora/core/frozen_matrix.h"
#include "lora/core/matrix.h"
#include "lora/core/rng.h"
#include "lora/core/tape.h"
#include "lora/nn/lora_init.h"
#include "lora/nn/visitor.h"

namespace lora {

class LowRank;

/// Belongs to one layer, whose weight W (out, in) and whose input and output it is shown.
class Adapter {
 public:
  virtual ~Adapter() = default;

  /// False for an adapter that stands in the place of the layer's weight: then nobody computes z,
  /// which is empty, and y arrives as b.
  virtual bool uses_base_product() const { return true; }

  /// Whether forward draws random numbers in training: then the rows of a batch must come in order.
  virtual bool draws() const { return false; }

  /// Adapts y, which arrives as z + b, for the layer's weight W, its input x (n, in) and its base
  /// product z = x·Wᵀ without bias (n, out). x and z must live until backward.
  virtual void forward(const FrozenMatrix& W, const View& x, const View& z, MutableView y,
                       Tape& tape) const = 0;

  /// Given dy (n, out): adds to the adapter's gradients and, unless it is null, its part of the
  /// input's gradient to dx (n, in). Returns what reaches the base product, dz (n, out), valid
  /// until the tape is reset, or nothing if there is no base product.
  virtual std::optional<View> backward(const FrozenMatrix& W, const View& dy, MutableView* dx,
                                       Tape& tape) = 0;

  /// Rows first … first+count−1 of ΔW, what the adapter adds to the layer's weight W: (count, in),
  /// in double from the parameters as they are.
  virtual DoubleMatrix delta(const FrozenMatrix& W, Index first, Index count) const = 0;

  /// The factors that are all of what the adapter does, if they are: nothing is dropped, nothing
  /// was taken out. Null otherwise.
  virtual LowRank* only_factors() { return nullptr; }

  /// The factors that add to W, without anything taken out of it, the same as the trained ones do
  /// here, if they are not the trained ones themselves (an initialisation is subtracted): A of
  /// (2·rank, in) and B of (out, 2·rank), under the same scale. It is the plain adapter that PEFT
  /// makes of such a one.
  virtual std::optional<LoraFactors> converted() const { return std::nullopt; }

  /// Shows its parameters, below the path of the layer.
  virtual void visit(const std::string& prefix, Visitor& visitor) = 0;
};

/// How an adapter is made. A full-rank one takes nothing of it.
struct AdapterOptions {
  Index rank = 4;                    ///< at least 1
  std::optional<double> alpha = {};  ///< the rank if absent
  std::string init = "kaiming";      ///< one of lora_inits()
  double dropout = 0;  ///< the share of the adapter's input that is dropped in training, below 1

  /// By which the adapter's part is multiplied: alpha / rank, as in section 4.1 of the paper (arXiv
  /// 2106.09685). For alpha / √rank (rsLoRA, arXiv 2312.03732) make alpha √rank times as large.
  double scale() const {
    return alpha.value_or(static_cast<double>(rank)) / static_cast<double>(rank);
  }
};

struct AdapterKind {
  std::string_view name;
  std::string_view help;
  /// An adapter for a layer with that weight, trainable, drawn from `rng`. Throws Error(usage) for
  /// an unknown initialisation or a rank that does not suit it, Error(input) for a weight of which
  /// no such adapter can be made.
  std::unique_ptr<Adapter> (*make)(const AdapterOptions&, const FrozenMatrix& weight, Rng&);
};

std::span<const AdapterKind> adapter_kinds();

}  // namespace lora
