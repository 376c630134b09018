// What a run must keep to go on later with the same bits.
#pragma once

#include <cstdint>
#include <string>

#include "lora/core/matrix.h"

namespace lora {

/// An object shows its parts, under names that no other part has, to one visitor that writes them
/// down and to another that puts back what was written.
class StateVisitor {
 public:
  virtual ~StateVisitor() = default;

  /// (rows, columns), its numbers to the last bit. Putting back keeps the size, unless it is 0.
  virtual void matrix(const std::string& name, Matrix& value) = 0;
  virtual void number(const std::string& name, double& value) = 0;  ///< finite, to the last bit
  virtual void whole(const std::string& name, std::int64_t& value) = 0;
  virtual void text(const std::string& name, std::string& value) = 0;
};

}  // namespace lora
