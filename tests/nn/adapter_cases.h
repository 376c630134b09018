// Every adapter of the table with every initialisation, with and without dropout; and layers for
// them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "lora/nn/adapter.h"
#include "lora/nn/lora_init.h"
#include "support/matrices.h"
#include "support/parameters.h"

namespace lora::test {

struct Shape {
  Index n;
  Index in;
  Index out;
  Index rank;

  std::string text() const {
    std::ostringstream text;
    text << n << " rows, " << in << " to " << out << ", rank " << rank;
    return text.str();
  }
};

// Square ones show transposed factors as wrong numbers; sums over rows and unpacked weights have
// blocks of 256 rows; a rank may be above both sides.
inline const std::vector<Shape> kShapes = {
    {1, 1, 1, 1}, {3, 3, 3, 3}, {5, 7, 3, 2}, {4, 3, 2, 5}, {256, 2, 3, 1}, {300, 3, 2, 2},
};
inline const std::vector<Shape> kStoredShapes = {
    {3, 3, 3, 2}, {4, 5, 3, 2}, {2, 2, 260, 1}, {2, 260, 2, 2}};

struct AdapterCase {
  const AdapterKind* kind;
  const LoraInit* init;
  double dropout;

  static constexpr double kScale = 0.7;

  std::string text() const {
    std::ostringstream text;
    text << kind->name << ", " << init->name << ", dropout " << dropout;
    return text.str();
  }

  /// Whether such an adapter can be made for such a layer.
  bool suits(const Shape& shape) const {
    if (init->name == "orthogonal") return shape.rank % 2 == 0;
    return !init->subtracted || shape.rank <= std::min(shape.in, shape.out);
  }

  AdapterOptions options(Index rank) const {
    AdapterOptions options;
    options.rank = rank;
    options.alpha = kScale * static_cast<double>(rank);
    options.init = init->name;
    options.dropout = dropout;
    return options;
  }

  std::unique_ptr<Adapter> made(const FrozenMatrix& weight, Index rank) const {
    Rng rng(5);
    return kind->make(options(rank), weight, rng);
  }
};

inline std::vector<AdapterCase> adapter_cases() {
  std::vector<AdapterCase> cases;
  for (const AdapterKind& kind : adapter_kinds()) {
    for (const LoraInit& init : lora_inits()) {
      for (const double dropout : {0.0, 0.4}) cases.push_back({&kind, &init, dropout});
    }
  }
  return cases;
}

/// Adds something else to each parameter of a layer.
template <class Layer>
void move_off_start(Layer& layer) {
  std::uint32_t seed = 20;
  for (const NamedParameter& found : parameters_of(layer).all) {
    Matrix& value = found.parameter->value;
    value += fractions(value.rows(), value.cols(), ++seed);
  }
}

}  // namespace lora::test
