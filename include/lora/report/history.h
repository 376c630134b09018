// What a run's figures were, epoch by epoch.
#pragma once

#include <string>
#include <vector>

#include "lora/train/observer.h"

namespace lora {

/// A figure at the epochs that have it, in their order.
struct Curve {
  std::string name;  ///< "val_loss"
  std::vector<double> epochs;
  std::vector<double> values;
};

class History : public Observer {
 public:
  void on_epoch(const EpochRecord& record) override;

  void add(const std::string& name, double epoch, double value);

  /// In the order of their first values: loss, lr, then those of the validation.
  const std::vector<Curve>& curves() const { return curves_; }

  /// Null if no epoch has had that figure.
  const Curve* find(const std::string& name) const;

 private:
  std::vector<Curve> curves_;
};

}  // namespace lora
