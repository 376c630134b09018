#include "lora/artifact/concatenate.h"

#include <utility>

#include "lora/artifact/peft_writer.h"
#include "lora/core/error.h"
#include "lora/core/table.h"

namespace lora {

namespace {

/// Refuses adapters that have no sum in one.
void check_alike(const PeftAdapter& first, const PeftAdapter& other) {
  other.check_adds_something();
  if (other.config().bias != "none" || other.config().dora) {
    throw Error(ErrorKind::usage, other.directory(), ": comes with ",
                other.config().dora ? "magnitudes (DoRA)" : "biases",
                ", which have no sum with another's");
  }
  if (other.layers() != first.layers()) {
    throw Error(ErrorKind::input, other.directory(), ": is for the layers ", joined(other.layers()),
                ", but ", first.directory(), " for ", joined(first.layers()));
  }
}

/// The A of all under one another, and their B side by side, with their scales in them.
LoraLayer joined_layer(const std::vector<WeightedAdapter>& adapters, const std::string& path) {
  const PeftAdapter& first = *adapters.front().adapter;
  const Index in = first.in_features(path);
  const Index out = first.out_features(path);
  LoraLayer sum{Matrix(0, in), Matrix(out, 0), 1};
  for (const auto& [adapter, weight] : adapters) {
    const LoraLayer part = adapter->layer(path, in, out);
    Matrix A(sum.A.rows() + part.A.rows(), in);
    A << sum.A, part.A;
    Matrix B(out, sum.B.cols() + part.B.cols());
    B << sum.B, (part.B.cast<double>() * (part.scale * weight)).cast<Real>();
    sum.A = std::move(A);
    sum.B = std::move(B);
  }
  return sum;
}

}  // namespace

void concatenate_adapters(const std::vector<WeightedAdapter>& adapters,
                          const std::string& directory) {
  const PeftAdapter& first = *adapters.front().adapter;
  for (const auto& [adapter, weight] : adapters) check_alike(first, *adapter);
  PeftTensors tensors;
  LayerRanks ranks;
  for (const std::string& path : first.layers()) {
    const LoraLayer layer = joined_layer(adapters, path);
    tensors.add_factors(path, layer.A, layer.B);
    ranks.emplace_back(path, layer.A.rows());
  }
  PeftConfig config = first.config();
  config.set_ranks(ranks);
  write_peft_adapter(directory, tensors, config);
}

}  // namespace lora
