#include "lora/artifact/adapter_report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "lora/io/array_file.h"
#include "lora/io/layer_names.h"
#include "lora/io/npy.h"
#include "lora/ops/svd.h"

namespace lora {

namespace {

double norm_of(const NpyArray& array) {
  const NpyTable table = npy_table(array);
  double square = 0;
  for (Index first = 0; first < table.rows; first += kBlockRows) {
    DoubleMatrix rows(std::min(kBlockRows, table.rows - first), table.cols);
    npy_rows_to_double(array, first, rows);
    square += rows.squaredNorm();
  }
  return std::sqrt(square);
}

}  // namespace

std::vector<AdapterLayerReport> report_on(const PeftAdapter& adapter) {
  std::vector<AdapterLayerReport> reports;
  for (const std::string& path : adapter.layers()) {
    const LoraLayer layer =
        adapter.layer(path, adapter.in_features(path), adapter.out_features(path));
    const Eigen::VectorXd values =
        layer.scale * singular_values_of_product(layer.B.cast<double>(), layer.A.cast<double>());
    reports.push_back({path, layer.A.rows(), layer.scale, values.norm(), effective_rank(values)});
  }
  return reports;
}

std::optional<double> weight_norm(const std::string& file_and_tensor, const std::string& path,
                                  Index size) {
  const auto [name, tensor] = split_file_and_name(file_and_tensor);
  ArrayFile file(name);
  for (const ArrayEntry& entry : file.entries()) {
    // Of a .npy the only one, and one that was named, may belong to a layer of any name.
    const bool by_path = tensor.empty() || path.starts_with(tensor + ".");
    const bool meant = by_path ? entry.name.empty() || layer_path_of(entry.name) == path
                               : entry.name == tensor || layer_path_of(entry.name) == tensor;
    if (!meant || !entry.dtype || entry.shape.size() != 2) continue;
    if (entry.shape[0] * entry.shape[1] != static_cast<std::uint64_t>(size)) continue;
    return norm_of(file.array(entry.name));
  }
  return std::nullopt;
}

}  // namespace lora
