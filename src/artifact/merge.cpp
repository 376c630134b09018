#include "lora/artifact/merge.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>

#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/rng.h"
#include "lora/io/array_file.h"
#include "lora/io/atomic_file.h"
#include "lora/io/layer_names.h"
#include "weight_image.h"

namespace lora {

namespace {

constexpr Index kProbeRows = 16;
constexpr Index kBlock = 256;

/// One adapted layer of a merge: where its weight is, and what is added to it.
struct Layer {
  std::string path;
  std::string weight_name;
  std::string bias_name;
  bool in_out = false;
  std::vector<LoraLayer> factors;  ///< scale includes the adapter's weight and the sign; or none
  std::optional<Matrix> bias;

  std::optional<Eigen::VectorXd> stretch;  ///< of DoRA: magnitude / ‖W + delta‖ of each output

  /// Rows first … of what is added, as the weight is stored.
  DoubleMatrix delta(const StoredMatrix& weight, Index first, Index count) const {
    DoubleMatrix sum = DoubleMatrix::Zero(count, weight.cols);
    for (const LoraLayer& part : factors) {
      const DoubleMatrix A = part.A.cast<double>();
      const DoubleMatrix B = part.B.cast<double>();
      if (in_out) {
        sum += part.scale * (A.middleCols(first, count).transpose() * B.transpose());
      } else {
        sum += part.scale * (B.middleRows(first, count) * A);
      }
    }
    if (!stretch) return sum;
    const DoubleMatrix W = weight.rows_from(first, count);
    sum += W;
    if (in_out) {
      sum.array().rowwise() *= stretch->transpose().array();
    } else {
      sum.array().colwise() *= stretch->segment(first, count).array();
    }
    return sum - W;
  }
};

/// magnitude / ‖W + delta‖ of each output, for the low-rank delta of a layer.
Eigen::VectorXd stretch_of(const Layer& layer, const StoredMatrix& weight,
                           const Matrix& magnitude) {
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(magnitude.cols());
  for (Index first = 0; first < weight.rows; first += kBlock) {
    const Index count = std::min(kBlock, weight.rows - first);
    const DoubleMatrix V = weight.rows_from(first, count) + layer.delta(weight, first, count);
    if (layer.in_out) {
      squares += V.colwise().squaredNorm().transpose();
    } else {
      squares.segment(first, count) = V.rowwise().squaredNorm();
    }
  }
  return magnitude.row(0).transpose().cast<double>().cwiseQuotient(squares.cwiseSqrt());
}

struct FileAndLayers {
  std::string file;
  std::vector<Layer> layers;
};

/// Refuses what has no inverse, no sum with another's, and no part of itself.
void check_possible(const MergeRequest& request, const PeftAdapter& adapter) {
  const bool with_biases = adapter.config().bias != "none";
  if (!with_biases && !adapter.config().dora) return;
  if (request.unmerge) {
    throw Error(ErrorKind::usage, "--unmerge: ", adapter.directory(),
                with_biases
                    ? " came with biases, which were put in place of the base's; what these "
                      "were, the adapter does not know"
                    : " is DoRA's, which has changed the length of each row; how long it "
                      "was, the adapter does not know");
  }
  if (request.adapters.size() == 1 && request.adapters.front().weight == 1) return;
  throw Error(ErrorKind::usage, adapter.directory(), ": comes with ",
              with_biases ? "biases" : "magnitudes (DoRA)",
              ", which have no sum with another's and no part of themselves");
}

/// Two adapters of one layer must mean the same weight, stored in the same way.
void check_layout(const std::map<std::string, Layer>& layers, const std::string& path,
                  const PeftAdapter& adapter, bool fan_in_fan_out) {
  const auto known = layers.find(path);
  const bool in_out = fan_in_fan_out || adapter.config().fan_in_fan_out;
  if (known == layers.end() || known->second.in_out == in_out) return;
  throw Error(ErrorKind::input, adapter.directory(), ": takes the weight of ", path, " as ",
              in_out ? "(in, out)" : "(out, in)", ", but another adapter the other way round");
}

/// No two layers may change the same bytes.
void check_distinct(const std::map<std::string, Layer>& layers) {
  std::map<std::string, std::string> owners;
  for (const auto& [path, layer] : layers) {
    const auto [owner, is_new] = owners.emplace(layer.weight_name, path);
    if (is_new) continue;
    throw Error(
        ErrorKind::input, "the layers ", owner->second, " and ", path,
        " of the adapters cannot both be the one weight of the base; give a base that has both");
  }
}

/// A layer of which only the bias is replaced.
Layer layer_of_bias(const WeightImage& image, const PeftAdapter& adapter, const std::string& path,
                    const std::string& named) {
  Layer layer;
  layer.path = path;
  layer.weight_name = image.weight_name(path, named);
  layer.bias_name = bias_beside(layer.weight_name);
  const std::optional<StoredMatrix> stored = image.bias(layer.bias_name);
  if (stored) layer.bias = adapter.bias(path, stored->cols);
  if (layer.bias) return layer;
  throw Error(ErrorKind::input, adapter.tensors().path(), ": comes with a bias for ", path,
              ", but the base has no '", layer.bias_name, "'");
}

FileAndLayers layers_of(const MergeRequest& request) {
  const auto [file, named] = split_file_and_name(request.base);
  const WeightImage image(file);
  std::map<std::string, Layer> layers;
  for (const auto& [adapter, weight] : request.adapters) {
    check_possible(request, *adapter);
    adapter->check_adds_something();
    for (const std::string& path : adapter->layers()) {
      check_layout(layers, path, *adapter, request.fan_in_fan_out);
      Layer& layer = layers[path];
      layer.path = path;
      layer.weight_name = image.weight_name(path, named);
      layer.bias_name = bias_beside(layer.weight_name);
      layer.in_out = request.fan_in_fan_out || adapter->config().fan_in_fan_out;
      const StoredMatrix stored = image.weight(layer.weight_name);
      const Index in = layer.in_out ? stored.rows : stored.cols;
      const Index out = layer.in_out ? stored.cols : stored.rows;
      LoraLayer factors = adapter->layer(path, in, out);
      factors.scale *= request.unmerge ? -weight : weight;
      layer.factors.push_back(std::move(factors));
      if (const std::optional<Matrix> magnitude = adapter->magnitude(path, out)) {
        layer.stretch = stretch_of(layer, stored, *magnitude);
      }
      layer.bias = adapter->bias(path, out);
      if (adapter->config().bias != "none" && !layer.bias && image.bias(layer.bias_name)) {
        throw Error(ErrorKind::input, adapter->tensors().path(), ": the bias of ", path,
                    " is missing, although the configuration says bias '", adapter->config().bias,
                    "' and the base has one");
      }
    }
  }
  for (const auto& [adapter, weight] : request.adapters) {
    for (const std::string& path : adapter->layers_of_biases()) {
      layers.emplace(path, layer_of_bias(image, *adapter, path, named));
    }
  }
  check_distinct(layers);
  FileAndLayers result{file, {}};
  for (auto& [path, layer] : layers) result.layers.push_back(std::move(layer));
  return result;
}

/// Bytes that take the place of the base's.
struct Patch {
  const Layer* layer;
  StoredMatrix stored;
  bool is_bias;
};

std::vector<Patch> patches_of(const WeightImage& image, const std::vector<Layer>& layers) {
  std::vector<Patch> patches;
  for (const Layer& layer : layers) {
    if (!layer.factors.empty()) {
      patches.push_back({&layer, image.weight(layer.weight_name), false});
    }
    if (!layer.bias) continue;
    const std::optional<StoredMatrix> bias = image.bias(layer.bias_name);
    if (!bias || bias->cols != layer.bias->cols()) {
      throw Error(ErrorKind::input, "the adapter comes with a bias for ", layer.path,
                  ", but the base has no '", layer.bias_name, "' of that size");
    }
    patches.push_back({&layer, *bias, true});
  }
  std::ranges::sort(patches, {}, [](const Patch& patch) { return patch.stored.bytes.data(); });
  return patches;
}

/// The base's bytes, with the merged ones in their places; a few rows at a time.
void write_merged(const WeightImage& image, const std::vector<Patch>& patches, AtomicFile& out) {
  const std::byte* next = image.bytes().data();
  const std::byte* const end = next + image.bytes().size();
  for (const Patch& patch : patches) {
    const StoredMatrix& stored = patch.stored;
    out.write({next, stored.bytes.data()});
    next = stored.bytes.data() + stored.bytes.size();
    if (patch.is_bias) {
      out.write(packed(patch.layer->bias->cast<double>(), stored.dtype));
      continue;
    }
    for (Index first = 0; first < stored.rows; first += kBlock) {
      const Index count = std::min(kBlock, stored.rows - first);
      const DoubleMatrix merged =
          stored.rows_from(first, count) + patch.layer->delta(stored, first, count);
      out.write(packed(merged, stored.dtype));
    }
  }
  out.write({next, end});
}

/// Half of the distance between the smallest numbers of a type.
double least_step(DType dtype) {
  switch (dtype) {
    case DType::f64:
      return 0x1p-1074;
    case DType::f16:
      return 0x1p-25;
    case DType::bf16:
      return 0x1p-134;
    default:
      return 0x1p-150;
  }
}

/// Sends a probe through a layer's base + adapters and through its merged weight, both in double.
void probe(const Layer& layer, const StoredMatrix& base, const StoredMatrix& merged,
           MergeReport& report) {
  Rng rng(0);
  const Index in = layer.in_out ? base.rows : base.cols;
  const Index out = layer.in_out ? base.cols : base.rows;
  const DoubleMatrix x = rng.normal(kProbeRows, in).cast<double>();
  DoubleMatrix expected = DoubleMatrix::Zero(kProbeRows, out);
  DoubleMatrix actual = expected;
  DoubleMatrix allowed = expected;
  const double unit = std::ldexp(1.0, -precision_of(base.dtype));
  const double summing = static_cast<double>(in + 8) * 0x1p-52;
  for (Index first = 0; first < base.rows; first += kBlock) {
    const Index count = std::min(kBlock, base.rows - first);
    const DoubleMatrix W = base.rows_from(first, count);
    const DoubleMatrix delta = layer.delta(base, first, count);
    const DoubleMatrix M = merged.rows_from(first, count);
    if (!M.allFinite()) {
      throw Error(ErrorKind::training, layer.weight_name, ": a merged number is beyond ",
                  name_of(base.dtype), "; the base needs a wider type for this adapter");
    }
    const DoubleMatrix slack = M.cwiseAbs() * (unit + summing) +
                               (W.cwiseAbs() + delta.cwiseAbs()) * summing +
                               DoubleMatrix::Constant(M.rows(), M.cols(), least_step(base.dtype));
    if (layer.in_out) {
      const auto part = x.middleCols(first, count);
      expected += part * W + part * delta;
      actual += part * M;
      allowed += part.cwiseAbs() * slack;
    } else {
      expected.middleCols(first, count) = x * W.transpose() + x * delta.transpose();
      actual.middleCols(first, count) = x * M.transpose();
      allowed.middleCols(first, count) = x.cwiseAbs() * slack.transpose();
    }
  }
  const DoubleMatrix difference = (expected - actual).cwiseAbs();
  report.largest_difference = std::max(report.largest_difference, difference.maxCoeff());
  report.bound = std::max(report.bound, allowed.maxCoeff());
  if ((difference.array() <= allowed.array()).all()) return;
  throw Error(ErrorKind::training, layer.weight_name, ": the merged weight differs by ",
              difference.maxCoeff(), " on the probe, but rounding to ", name_of(base.dtype),
              " allows ", allowed.maxCoeff());
}

void check_merged(const WeightImage& base, const std::vector<Layer>& layers,
                  const WeightImage& merged, MergeReport& report) {
  for (const Layer& layer : layers) {
    report.layers.push_back(layer.path);
    if (!layer.factors.empty()) {
      probe(layer, base.weight(layer.weight_name), merged.weight(layer.weight_name), report);
    }
    if (!layer.bias) continue;
    const StoredMatrix bias = *merged.bias(layer.bias_name);
    const std::vector<std::byte> wanted = packed(layer.bias->cast<double>(), bias.dtype);
    if (!std::ranges::equal(wanted, bias.bytes)) {
      throw Error(ErrorKind::output, layer.bias_name, ": other values are read back than written");
    }
  }
}

}  // namespace

MergeReport merge_adapters(const MergeRequest& request) {
  const FileAndLayers work = layers_of(request);
  const WeightImage base(work.file);
  AtomicFile out(request.output);
  write_merged(base, patches_of(base, work.layers), out);
  out.close_and_check();
  MergeReport report;
  const WeightImage merged(out.partial_path());
  check_merged(base, work.layers, merged, report);
  request.before_commit();
  out.commit();
  return report;
}

}  // namespace lora
