#include "lora/artifact/merge.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/rng.h"
#include "lora/core/table.h"
#include "lora/io/array_file.h"
#include "lora/io/atomic_file.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/safetensors.h"

namespace lora {

namespace {

constexpr Index kProbeRows = 16;
constexpr Index kBlock = 256;

/// An array of numbers as it lies in a file.
struct Stored {
  DType dtype;
  Index rows;
  Index cols;
  std::span<const std::byte> bytes;
};

/// A file that is merged into: where its weights and biases lie.
class WeightImage {
 public:
  WeightImage(const std::string& path, bool is_npy) {
    if (is_npy) {
      npy_.emplace(path);
    } else {
      tensors_.emplace(path);
    }
  }

  std::span<const std::byte> bytes() const {
    return tensors_ ? tensors_->file_bytes() : npy_->bytes();
  }

  /// The matrix of that name (of a .npy: the only one). Throws Error(input).
  Stored weight(const std::string& name) const { return tensors_ ? tensor(name) : array(); }

  /// Whether weight() would find that name.
  bool has(const std::string& name) const { return npy_ || tensors_->find(name) != nullptr; }

  /// The list of that name, as one row; nothing if there is none.
  std::optional<Stored> bias(const std::string& name) const {
    if (!tensors_ || tensors_->find(name) == nullptr) return std::nullopt;
    return tensor(name);
  }

 private:
  Stored tensor(const std::string& name) const {
    const SafetensorsEntry* entry = tensors_->find(name);
    if (entry == nullptr) {
      std::vector<std::string> names;
      for (const SafetensorsEntry& other : tensors_->tensors()) names.push_back(other.name);
      const std::string near = nearest(name, names);
      throw Error(ErrorKind::input, tensors_->path(), ": no tensor '", name,
                  "', which the adapter is for", near.empty() ? "" : "; is '" + near + "' meant?");
    }
    const std::size_t dimensions = entry->shape.size();
    if (!entry->dtype || !is_floating(*entry->dtype) || dimensions < 1 || dimensions > 2) {
      throw Error(ErrorKind::input, tensors_->path(), ": tensor '", name, "' is ",
                  entry->dtype_name, ", which no adapter can be folded into");
    }
    const auto cols = static_cast<Index>(entry->shape.back());
    return {*entry->dtype, dimensions == 2 ? static_cast<Index>(entry->shape[0]) : 1, cols,
            entry->bytes};
  }

  Stored array() const {
    const NpyArray array = parse_npy(npy_->bytes(), npy_->path());
    if (array.shape.size() != 2 || !is_floating(array.dtype) || array.big_endian ||
        array.fortran_order) {
      throw Error(ErrorKind::input, npy_->path(),
                  ": an adapter is folded into a little-endian matrix of floats in C order only; "
                  "np.save('new.npy', np.ascontiguousarray(a, a.dtype.newbyteorder('<'))) makes "
                  "one");
    }
    return {array.dtype, static_cast<Index>(array.shape[0]), static_cast<Index>(array.shape[1]),
            array.data};
  }

  std::optional<SafetensorsFile> tensors_;
  std::optional<MappedFile> npy_;
};

/// Rows of a stored matrix in double: exact.
DoubleMatrix rows_of(const Stored& stored, Index first, Index count) {
  const NpyArray array{
      "",
      stored.dtype,
      false,
      false,
      {static_cast<std::uint64_t>(stored.rows), static_cast<std::uint64_t>(stored.cols)},
      stored.bytes};
  DoubleMatrix rows(count, stored.cols);
  for (Index i = 0; i < count; ++i) {
    for (Index j = 0; j < stored.cols; ++j) rows(i, j) = npy_element(array, first + i, j);
  }
  return rows;
}

template <class Element>
void append(Element element, std::vector<std::byte>& bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(&element);
  bytes.insert(bytes.end(), begin, begin + sizeof(Element));
}

/// Each number rounded once.
std::vector<std::byte> packed(const DoubleMatrix& values, DType dtype) {
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<std::size_t>(values.size()) * size_of(dtype));
  for (const double value : values.reshaped<Eigen::RowMajor>()) {
    switch (dtype) {
      case DType::f64:
        append(value, bytes);
        break;
      case DType::f16:
        append(f16_from_double(value), bytes);
        break;
      case DType::bf16:
        append(bf16_from_double(value), bytes);
        break;
      default:
        append(static_cast<float>(value), bytes);
    }
  }
  return bytes;
}

/// One adapted layer of a merge: where its weight is, and what is added to it.
struct Layer {
  std::string path;
  std::string weight_name;
  std::string bias_name;
  bool in_out = false;
  std::vector<LoraLayer> factors;  ///< scale includes the adapter's weight and the sign
  std::optional<Matrix> bias;

  /// Rows first … of what is added, as the weight is stored.
  DoubleMatrix delta(const Stored& weight, Index first, Index count) const {
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
    return sum;
  }
};

bool is_npy(const std::string& file) {
  return file.ends_with(".npy");
}

struct FileAndLayers {
  std::string file;
  std::vector<Layer> layers;
};

std::string bias_of(const std::string& weight) {
  constexpr std::string_view kWeight = "weight";
  return weight.ends_with(kWeight) ? weight.substr(0, weight.size() - kWeight.size()) + "bias"
                                   : weight + ".bias";
}

/// The tensor of a layer: the one that was named, else by the layer's path.
std::string weight_of(const WeightImage& image, const std::string& named, const std::string& path) {
  const std::string name = named.empty() ? path : named;
  if (image.has(name + ".weight")) return name + ".weight";
  if (named.empty() && path == "linear" && image.has("weight")) return "weight";
  return named.empty() ? name + ".weight" : name;
}

void check_biases(const MergeRequest& request, const PeftAdapter& adapter) {
  if (adapter.config().bias == "none") return;
  if (request.unmerge) {
    throw Error(ErrorKind::usage, "--unmerge: ", adapter.directory(),
                " came with biases, which were put in place of the base's; what these were, the "
                "adapter does not know");
  }
  if (request.adapters.size() == 1 && request.adapters.front().weight == 1) return;
  throw Error(ErrorKind::usage, adapter.directory(),
              ": comes with biases, which have no sum with another's and no part of themselves");
}

FileAndLayers layers_of(const MergeRequest& request) {
  const auto [file, named] = split_file_and_name(request.base);
  const WeightImage image(file, is_npy(file));
  std::map<std::string, Layer> layers;
  for (const auto& [adapter, weight] : request.adapters) {
    check_biases(request, *adapter);
    const std::vector<std::string> paths = adapter->layers();
    if (paths.empty()) {
      throw Error(ErrorKind::input, adapter->tensors().path(), ": holds no lora_A, so nothing");
    }
    for (const std::string& path : paths) {
      Layer& layer = layers[path];
      layer.path = path;
      layer.weight_name = weight_of(image, named, path);
      layer.bias_name = bias_of(layer.weight_name);
      layer.in_out = request.fan_in_fan_out || adapter->config().fan_in_fan_out;
      const Stored stored = image.weight(layer.weight_name);
      const Index in = layer.in_out ? stored.rows : stored.cols;
      const Index out = layer.in_out ? stored.cols : stored.rows;
      LoraLayer factors = adapter->layer(path, in, out);
      factors.scale *= request.unmerge ? -weight : weight;
      layer.factors.push_back(std::move(factors));
      layer.bias = adapter->bias(path, out);
    }
  }
  FileAndLayers result{file, {}};
  for (auto& [path, layer] : layers) result.layers.push_back(std::move(layer));
  return result;
}

/// Bytes that take the place of the base's.
struct Patch {
  const Layer* layer;
  Stored stored;
  bool is_bias;
};

std::vector<Patch> patches_of(const WeightImage& image, const std::vector<Layer>& layers) {
  std::vector<Patch> patches;
  for (const Layer& layer : layers) {
    patches.push_back({&layer, image.weight(layer.weight_name), false});
    if (!layer.bias) continue;
    const std::optional<Stored> bias = image.bias(layer.bias_name);
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
    const Stored& stored = patch.stored;
    out.write({next, stored.bytes.data()});
    next = stored.bytes.data() + stored.bytes.size();
    if (patch.is_bias) {
      out.write(packed(patch.layer->bias->cast<double>(), stored.dtype));
      continue;
    }
    for (Index first = 0; first < stored.rows; first += kBlock) {
      const Index count = std::min(kBlock, stored.rows - first);
      const DoubleMatrix merged =
          rows_of(stored, first, count) + patch.layer->delta(stored, first, count);
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
void probe(const Layer& layer, const Stored& base, const Stored& merged, MergeReport& report) {
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
    const DoubleMatrix W = rows_of(base, first, count);
    const DoubleMatrix delta = layer.delta(base, first, count);
    const DoubleMatrix M = rows_of(merged, first, count);
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
    probe(layer, base.weight(layer.weight_name), merged.weight(layer.weight_name), report);
    if (!layer.bias) continue;
    const Stored bias = *merged.bias(layer.bias_name);
    const std::vector<std::byte> wanted = packed(layer.bias->cast<double>(), bias.dtype);
    if (!std::ranges::equal(wanted, bias.bytes)) {
      throw Error(ErrorKind::output, layer.bias_name, ": other values are read back than written");
    }
  }
}

}  // namespace

MergeReport merge_adapters(const MergeRequest& request) {
  const FileAndLayers work = layers_of(request);
  const WeightImage base(work.file, is_npy(work.file));
  AtomicFile out(request.output);
  write_merged(base, patches_of(base, work.layers), out);
  out.close_and_check();
  MergeReport report;
  const WeightImage merged(out.partial_path(), is_npy(work.file));
  check_merged(base, work.layers, merged, report);
  out.commit();
  return report;
}

void concatenate_adapters(const std::vector<WeightedAdapter>& adapters,
                          const std::string& directory) {
  const PeftAdapter& first = *adapters.front().adapter;
  PeftConfig config = first.config();
  config.rslora = false;
  config.rank_pattern.clear();
  config.alpha_pattern.clear();
  std::vector<SafetensorsTensor> tensors;
  std::vector<std::unique_ptr<Matrix>> values;
  const auto add = [&](const std::string& name, const Matrix& value) {
    values.push_back(std::make_unique<Matrix>(value));
    const Matrix& kept = *values.back();
    tensors.push_back(
        {name,
         DType::f32,
         {static_cast<std::uint64_t>(kept.rows()), static_cast<std::uint64_t>(kept.cols())},
         std::as_bytes(std::span<const Real>(kept.data(), static_cast<std::size_t>(kept.size())))});
  };
  for (const std::string& path : first.layers()) {
    const Index in = first.in_features(path);
    const Index out = first.out_features(path);
    Matrix A(0, in);
    Matrix B(out, 0);
    for (const auto& [adapter, weight] : adapters) {
      if (adapter->config().bias != "none") {
        throw Error(ErrorKind::usage, adapter->directory(),
                    ": comes with biases, which have no sum with another's");
      }
      if (adapter->layers() != first.layers()) {
        throw Error(ErrorKind::input, adapter->directory(), ": is for the layers ",
                    joined(adapter->layers()), ", but ", first.directory(), " for ",
                    joined(first.layers()));
      }
      const LoraLayer part = adapter->layer(path, in, out);
      Matrix wider_A(A.rows() + part.A.rows(), in);
      wider_A << A, part.A;
      Matrix wider_B(out, B.cols() + part.B.cols());
      wider_B << B, (part.B.cast<double>() * (part.scale * weight)).cast<Real>();
      A = std::move(wider_A);
      B = std::move(wider_B);
    }
    config.rank = A.rows();
    config.alpha = static_cast<double>(A.rows());  // so that the scale is 1
    add("base_model.model." + path + ".lora_A.weight", A);
    add("base_model.model." + path + ".lora_B.weight", B);
  }
  config.targets = first.layers();
  const std::string text = peft_config_text(config);
  prepare_peft_directory(directory);
  AtomicFile model_file(peft_adapter_files(directory)[0]);
  AtomicFile config_file(peft_adapter_files(directory)[1]);
  model_file.write(safetensors_bytes(tensors, {{"format", "pt"}}));
  config_file.write(std::as_bytes(std::span(text)));
  model_file.close_and_check();
  config_file.close_and_check();
  model_file.commit();
  config_file.commit();
}

}  // namespace lora
