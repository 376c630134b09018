#include "lora/nn/dora_adapter.h"

#include <algorithm>
#include <utility>

#include "lora/core/error.h"

namespace lora {

DoraAdapter::DoraAdapter(LoraParts parts, Matrix magnitude)
    : parts_(std::move(parts)), magnitude_{std::move(magnitude), {}} {
  magnitude_.set_trainable(true);
}

DoraAdapter::DoraAdapter(Matrix A, Matrix B, Matrix magnitude, double scale, double dropout)
    : DoraAdapter({LowRank({std::move(A), std::move(B)}, scale, /*trained=*/true), std::nullopt,
                   Dropout(dropout)},
                  std::move(magnitude)) {}

std::unique_ptr<Adapter> DoraAdapter::make(const AdapterOptions& options,
                                           const FrozenMatrix& weight, Rng& rng) {
  LoraParts parts = LoraParts::drawn(options, weight, rng);
  Compute compute;
  Tape tape(compute);
  Matrix magnitude(1, weight.out_features());
  parts.output_norms(weight, magnitude, tape);
  for (Index j = 0; j < magnitude.cols(); ++j) {
    if (magnitude(0, j) > 0) continue;
    throw Error(ErrorKind::input, "DoRA divides each output's weights by their length, but those ",
                "of output ", j + 1, " are all 0; train this base with LoRA");
  }
  return std::make_unique<DoraAdapter>(std::move(parts), std::move(magnitude));
}

/// What PEFT does, with c = m/‖V‖ for each output: the layer's weight is W + start (as PEFT's base
/// is once an initialisation was taken out of it), and
///     v = input·(W + start)ᵀ          y += x·startᵀ − v
///     v += scale·input·Aᵀ·Bᵀ          y += c∘v
/// where input is x, or x after dropout; y arrives as x·Wᵀ + b.
void DoraAdapter::forward(const FrozenMatrix& W, const View& x, const View& z, MutableView y,
                          Tape& tape) const {
  auto norms = tape.buffer(1, y.cols());
  auto c = tape.buffer(1, y.cols());
  parts_.output_norms(W, norms, tape);
  c = magnitude_.value.cwiseQuotient(norms);

  const View input = parts_.dropout.forward(x, tape);
  auto v = tape.buffer(y.rows(), y.cols());
  if (parts_.dropout.active(tape)) {
    frozen_product(input, W, v, tape);
  } else {
    v = z;
  }
  if (parts_.start) {
    parts_.start->forward(input, v, tape);
    parts_.start->forward(x, y, tape);
  }
  y -= v;
  parts_.trained.forward(input, v, tape);
  for (Index i = 0; i < y.rows(); ++i) y.row(i) += c.row(0).cwiseProduct(v.row(i));
  tape.save(this, {v, c, norms});
}

/// With the lengths as constants: dm = Σ over rows of dy∘v / ‖V‖, and c∘dy reaches v.
std::optional<View> DoraAdapter::backward(const FrozenMatrix& W, const View& dy, MutableView* dx,
                                          Tape& tape) {
  const auto& saved = tape.take(this);
  const ViewMap& v = saved[0];
  const ViewMap& c = saved[1];
  const ViewMap& norms = saved[2];
  auto dm = tape.gradient_of(magnitude_);
  for (Index row = 0; row < dy.rows(); row += kBlockRows) {
    const Index rows = std::min(kBlockRows, dy.rows() - row);
    const auto products = dy.middleRows(row, rows).cwiseProduct(v.middleRows(row, rows));
    dm.row(0) += products.colwise().sum().cwiseQuotient(norms.row(0));
  }
  auto scaled = tape.buffer(dy.rows(), dy.cols());
  for (Index i = 0; i < dy.rows(); ++i) scaled.row(i) = c.row(0).cwiseProduct(dy.row(i));

  if (parts_.dropout.active(tape)) {
    backward_dropped(W, dy, scaled, dx, tape);
    return dy;
  }
  parts_.trained.backward(scaled, dx, tape);
  if (parts_.start) parts_.start->backward(scaled, dx, tape);
  return scaled;
}

/// With dropout the layer's own product, which is of x, stays in y; (c − 1)∘dy reaches the one of
/// the dropped input.
void DoraAdapter::backward_dropped(const FrozenMatrix& W, const View& dy, MutableView scaled,
                                   MutableView* dx, Tape& tape) {
  parts_.dropout.backward(dx, tape, [&](MutableView* d_input) {
    parts_.trained.backward(scaled, d_input, tape);
    if (d_input == nullptr) return;
    scaled -= dy;
    frozen_product_backward(scaled, W, *d_input, tape);
    if (parts_.start) parts_.start->backward(scaled, d_input, tape);
  });
  if (parts_.start) parts_.start->backward(dy, dx, tape);
}

DoubleMatrix DoraAdapter::delta(const FrozenMatrix& W, Index first, Index count) const {
  Matrix stored(count, W.in_features());
  unpack_outputs(W, first, stored);
  const DoubleMatrix base = stored.cast<double>();
  const DoubleMatrix V = base + parts_.rows(first, count);
  const Eigen::VectorXd m = magnitude_.value.row(0).segment(first, count).cast<double>();
  return m.cwiseQuotient(V.rowwise().norm()).asDiagonal() * V - base;
}

void DoraAdapter::visit(const std::string& prefix, Visitor& visitor) {
  parts_.visit(prefix, visitor);
  visitor.parameter(join_path(prefix, "lora_magnitude_vector"), magnitude_);
}

}  // namespace lora
