// The model of one linear layer: a classifier's or regressor's head on given features.
#pragma once

#include <memory>
#include <string>

#include "lora/model/model.h"
#include "lora/nn/linear.h"

namespace lora {

/// y = the adapted layer's output, (n, out), for the batch's x (n, in).
class LinearHead : public Model {
 public:
  /// `name` is the layer's path, by which its tensors are known.
  LinearHead(std::string name, Linear linear);

  Linear& linear() { return linear_; }
  const Linear& linear() const { return linear_; }
  const std::string& name() const { return name_; }

  std::unique_ptr<Model> without_adapters() const override {
    return std::make_unique<LinearHead>(name_, linear_.without_adapter());
  }
  Index in_features() const override { return linear_.in_features(); }
  Index out_features() const override { return linear_.out_features(); }
  void forward(const Batch& batch, MutableView y, Tape& tape) const override;
  void backward(const View& dy, Tape& tape) override;
  Below below(const Batch& batch, Tape& tape) const override;
  BelowFeatures below_features() const override {
    return {0, linear_.uses_base_product() ? linear_.out_features() : 0};
  }
  void visit(Visitor& visitor) override { linear_.visit(name_, visitor); }

 private:
  std::string name_;
  Linear linear_;
};

}  // namespace lora
