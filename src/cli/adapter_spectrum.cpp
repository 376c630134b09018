#include "adapter_spectrum.h"

#include <optional>

#include "lora/nn/linear.h"
#include "lora/nn/visitor.h"
#include "lora/ops/svd.h"

namespace lora::cli {

namespace {

// A whole weight of 512 × 512 takes a fraction of a second.
constexpr Index kLargestWhole = 512 * 512;

class SpectrumVisitor : public Visitor {
 public:
  explicit SpectrumVisitor(const PeftConfig& adapter) : adapter_(adapter) {}

  void linear(const std::string& name, Linear& layer) override {
    layer_ = layer.adapter() == nullptr ? nullptr : &layer;
    if (layer_ == nullptr) return;
    spectra.push_back({name, layer.out_features(), layer.in_features(), 0, 0, {}});
    if (!layer.adapter()->uses_base_product()) {
      whole(layer);
    } else if (const std::optional<LoraFactors> factors = layer.adapter()->converted()) {
      product(factors->B, factors->A);
    }
  }

  /// A comes before B.
  void parameter(const std::string& name, Parameter& parameter) override {
    if (layer_ == nullptr || spectra.back().values.size() > 0) return;
    if (name.ends_with(".lora_A.weight")) A_ = &parameter;
    if (name.ends_with(".lora_B.weight")) product(parameter.value, A_->value);
  }

  std::vector<LayerSpectrum> spectra;

 private:
  void product(const Matrix& B, const Matrix& A) {
    LayerSpectrum& spectrum = spectra.back();
    spectrum.rank = A.rows();
    spectrum.values = adapter_.scale_of(spectrum.path) *
                      singular_values_of_product(B.cast<double>(), A.cast<double>());
    spectrum.norm = spectrum.values.norm();
  }

  void whole(Linear& layer) {
    LayerSpectrum& spectrum = spectra.back();
    const DoubleMatrix delta = layer.adapter()->delta(layer.weight(), 0, layer.out_features());
    spectrum.norm = delta.norm();
    if (delta.size() <= kLargestWhole) spectrum.values = svd(delta).values;
  }

  const PeftConfig& adapter_;
  Linear* layer_ = nullptr;
  Parameter* A_ = nullptr;
};

}  // namespace

std::vector<LayerSpectrum> spectra_of(Run& run) {
  SpectrumVisitor visitor(run.adapter);
  run.model().visit(visitor);
  return visitor.spectra;
}

}  // namespace lora::cli
