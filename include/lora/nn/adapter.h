// What a linear layer may carry beside its frozen weight, and the table of its kinds.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lora/core/matrix.h"
#include "lora/core/rng.h"
#include "lora/core/tape.h"
#include "lora/nn/visitor.h"

namespace lora {

class Adapter {
 public:
  virtual ~Adapter() = default;

  /// Adapts y, which arrives as z + b, for the layer's input x (n, in) and its base product z =
  /// x·Wᵀ without bias (n, out). x and z must live until backward.
  virtual void forward(const View& x, const View& z, MutableView y, Tape& tape) const = 0;

  /// Given dy (n, out): adds to the adapter's gradients and, unless it is null, its part of the
  /// input's gradient to dx (n, in). Returns what reaches the base product, dz (n, out), valid
  /// until the tape is reset.
  virtual View backward(const View& dy, MutableView* dx, Tape& tape) = 0;

  /// Rows first … first+count−1 of ΔW, what the adapter adds to the layer's weight: (count, in), in
  /// double from the parameters as they are.
  virtual DoubleMatrix delta(Index first, Index count) const = 0;

  virtual void visit(const std::string& prefix, Visitor& visitor) = 0;
};

/// How an adapter is made.
struct AdapterOptions {
  Index rank = 4;
  std::optional<double>
      alpha;  ///< the rank if absent; the adapter's part is scaled by alpha / rank
  std::string init = "kaiming";

  double scale() const {
    return alpha.value_or(static_cast<double>(rank)) / static_cast<double>(rank);
  }
};

struct AdapterKind {
  std::string_view name;
  std::string_view help;
  /// An adapter for a layer of (in, out) features, trainable, drawn from `rng`.
  std::unique_ptr<Adapter> (*make)(const AdapterOptions&, Index in, Index out, Rng&);
};

std::span<const AdapterKind> adapter_kinds();

}  // namespace lora
