// The model of several linear layers with activations between them, as torch.nn.Sequential has it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lora/model/model.h"
#include "lora/nn/activation.h"
#include "lora/nn/linear.h"

namespace lora {

/// A linear layer and what is applied to its outputs.
struct Stage {
  std::string name;  ///< the layer's path, which no other stage has
  Linear linear;
  std::optional<Activation> activation = std::nullopt;  ///< passed over behind the last layer
};

/// Training computes nothing of what lies below the lowest trained layer but once, if it is kept.
class LinearStack : public Model {
 public:
  /// Throws Error(input) unless each layer takes as many features as the one before it gives, and
  /// for no layers.
  explicit LinearStack(std::vector<Stage> stages);

  std::unique_ptr<Model> without_adapters() const override;
  Index in_features() const override { return stages_.front().linear.in_features(); }
  Index out_features() const override { return stages_.back().linear.out_features(); }
  void forward(const Batch& batch, MutableView y, Tape& tape) const override;
  void backward(const View& dy, Tape& tape) override;
  Below below(const Batch& batch, Tape& tape) const override;
  BelowFeatures below_features() const override;
  void visit(Visitor& visitor) override;

 private:
  std::size_t lowest_trained() const;
  MutableViewMap outputs_of(std::size_t stage, MutableView y, Tape& tape) const;
  ViewMap input_of(std::size_t stage, const View& x, Tape& tape) const;
  void forward_above(std::size_t stage, const View& z, MutableView y, Tape& tape) const;
  void backward_from(std::size_t stage, std::size_t lowest, const View& dz, Tape& tape);

  std::vector<Stage> stages_;
};

}  // namespace lora
