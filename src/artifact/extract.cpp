#include "lora/artifact/extract.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <utility>

#include "lora/artifact/peft_writer.h"
#include "lora/core/dtype.h"
#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/io/array_file.h"
#include "lora/io/layer_names.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"
#include "lora/ops/svd.h"

namespace lora {

namespace {

/// One without elements may claim any number of rows.
bool is_matrix(const ArrayEntry& entry) {
  return entry.dtype && is_floating(*entry.dtype) && entry.shape.size() == 2 && entry.bytes > 0;
}

/// Matrices of other names are tables of positions and the like, which PEFT adapts in another way
/// or not at all; so are embeddings.
bool may_be_linear(const std::string& name) {
  if (name.empty()) return true;  // the array of a .npy
  if (name != "weight" && !name.ends_with(".weight")) return false;
  return std::ranges::none_of(split(name, '.'), [](const std::string& part) {
    return part.find("embed") != std::string::npos || part == "wte" || part == "wpe" ||
           part == "shared";
  });
}

/// A file of weights, and the array in it that was asked for, if one was.
struct Source {
  explicit Source(const std::string& file_and_name) : Source(split_file_and_name(file_and_name)) {}

  /// The array of that name as PyTorch's state dict or the user writes it; null if there is none.
  const ArrayEntry* find(const std::string& name) const {
    for (const ArrayEntry& entry : file.entries()) {
      if (entry.name == name) return &entry;
    }
    return nullptr;
  }

  /// The matrices that are meant.
  std::vector<std::string> matrices() const {
    if (!named.empty()) return {find(named + ".weight") != nullptr ? named + ".weight" : named};
    std::vector<std::string> names;
    for (const ArrayEntry& entry : file.entries()) {
      if (is_matrix(entry) && may_be_linear(entry.name)) names.push_back(entry.name);
    }
    if (names.empty()) {
      throw Error(ErrorKind::input, file.path(), ": holds no matrix of floats, so no weight");
    }
    return names;
  }

  /// A matrix or list in double, exactly: (rows, cols), or (n, 1).
  DoubleMatrix values(const std::string& name) {
    const NpyArray array = file.array(name);
    const NpyTable table = npy_table(array);
    DoubleMatrix values(table.rows, table.cols);
    npy_rows_to_double(array, 0, values);
    if (!values.allFinite()) {
      throw Error(ErrorKind::input, array.path, ": holds a number that is not finite");
    }
    return values;
  }

  ArrayFile file;
  std::string named;

 private:
  explicit Source(const FileAndName& parts) : file(parts.file), named(parts.name) {}
};

/// A weight by its names in both files.
struct Pair {
  std::string base;
  std::string tuned;
};

void check_same_shape(const Source& base, const Source& tuned, const Pair& pair) {
  const ArrayEntry& a = base.file.entry(pair.base);
  const ArrayEntry& b = tuned.file.entry(pair.tuned);
  for (const auto& [entry, source] : {std::pair{&a, &base}, std::pair{&b, &tuned}}) {
    if (is_matrix(*entry)) continue;
    throw Error(ErrorKind::input, source->file.path(), ": '", entry->name, "' is ",
                entry->dtype_name, " of shape ", shape_text(entry->shape),
                "; a weight is a matrix of floats");
  }
  if (a.shape == b.shape) return;
  throw Error(ErrorKind::input, tuned.file.path(), ": '", b.name, "' is of shape ",
              shape_text(b.shape), ", but ", shape_text(a.shape), " in ", base.file.path(),
              "; both must be the same layer");
}

/// Which weight of one file is which of the other.
std::vector<Pair> pairs_of(const Source& base, const Source& tuned) {
  std::vector<std::string> before = base.matrices();
  const std::vector<std::string> after = tuned.matrices();
  std::vector<Pair> pairs;
  if (!tuned.named.empty() && before.size() > 1) before = {base.file.entry(after.front()).name};
  if (before.size() == 1 && after.size() == 1) {
    pairs.push_back({before.front(), after.front()});
  } else {
    for (const std::string& name : before) pairs.push_back({name, tuned.file.entry(name).name});
  }
  for (const Pair& pair : pairs) check_same_shape(base, tuned, pair);
  return pairs;
}

Index rank_for(const ExtractRequest& request, const Eigen::VectorXd& values) {
  if (request.rank > 0) return std::min(request.rank, values.size());
  const double wanted = request.share * values.squaredNorm();
  double kept = 0;
  for (Index rank = 1; rank <= values.size(); ++rank) {
    kept += values[rank - 1] * values[rank - 1];
    if (kept >= wanted) return rank;
  }
  return values.size();  // rounding
}

class Extraction {
 public:
  explicit Extraction(const ExtractRequest& request)
      : request_(request), base_(request.base), tuned_(request.tuned) {}

  ExtractReport run() {
    const std::vector<Pair> pairs = pairs_of(base_, tuned_);
    for (const Pair& pair : pairs) extract(pair);
    if (report_.layers.empty()) {
      throw Error(ErrorKind::input, request_.tuned, ": every weight is the same as in ",
                  request_.base, ", so there is nothing to extract");
    }
    add_biases();
    find_left_out();
    PeftConfig config;
    config.base_model = request_.base;
    config.fan_in_fan_out = request_.fan_in_fan_out;
    config.set_ranks(ranks_);
    if (report_.with_biases) config.bias = "lora_only";
    request_.before_commit();
    write_peft_adapter(request_.output, tensors_, config);
    return report_;
  }

 private:
  void extract(const Pair& pair) {
    seen_.push_back(pair.tuned);
    const DoubleMatrix base = base_.values(pair.base);
    DoubleMatrix delta = tuned_.values(pair.tuned) - base;
    if (delta.isZero(0)) return;
    if (request_.fan_in_fan_out) delta.transposeInPlace();

    const Svd parts = svd(delta);
    const Index rank = rank_for(request_, parts.values);
    const Eigen::VectorXd roots = parts.values.head(rank).cwiseSqrt();
    const Matrix B = (parts.U.leftCols(rank) * roots.asDiagonal()).cast<Real>();
    const Matrix A = (roots.asDiagonal() * parts.V.leftCols(rank).transpose()).cast<Real>();
    if (B.isZero(0) || A.isZero(0)) {
      throw Error(ErrorKind::input, tuned_.file.path(), ": '", pair.tuned,
                  "' differs from the base by less than a float32 adapter can say");
    }
    const DoubleMatrix missing = delta - B.cast<double>() * A.cast<double>();

    const std::string path = layer_path_of(pair.base);
    tensors_.add_factors(path, A, B);
    ranks_.emplace_back(path, rank);
    changed_.push_back(pair);
    report_.layers.push_back({path, rank, delta.norm(), delta.norm() / base.norm(),
                              effective_rank(parts.values),
                              1 - missing.squaredNorm() / delta.squaredNorm()});
  }

  /// If one of the adapted layers has another bias than before, all of them bring theirs.
  void add_biases() {
    std::vector<std::pair<std::string, Matrix>> biases;
    for (const Pair& pair : changed_) {
      const std::string before = bias_beside(pair.base);
      const std::string after = bias_beside(pair.tuned);
      const ArrayEntry* a = base_.find(before);
      const ArrayEntry* b = tuned_.find(after);
      if (a == nullptr || b == nullptr || a->shape != b->shape || a->shape.size() != 1) continue;
      seen_.push_back(after);
      const DoubleMatrix bias = tuned_.values(after);
      report_.with_biases = report_.with_biases || bias != base_.values(before);
      biases.emplace_back(layer_path_of(pair.base), bias.transpose().cast<Real>());
    }
    if (!report_.with_biases) return;
    for (const auto& [path, bias] : biases) tensors_.add_bias(path, bias);
  }

  /// Everything else in the tuned file that is not as in the base.
  void find_left_out() {
    if (!tuned_.named.empty()) return;
    for (const ArrayEntry& entry : tuned_.file.entries()) {
      if (std::ranges::find(seen_, entry.name) != seen_.end()) continue;
      if (is_unchanged(entry)) continue;
      report_.left_out.push_back(entry.name);
    }
  }

  /// As numbers, since both files may keep them in different types.
  bool is_unchanged(const ArrayEntry& entry) {
    const ArrayEntry* before = base_.find(entry.name);
    if (before == nullptr || before->shape != entry.shape) return false;
    if (!entry.dtype || !before->dtype) return entry.dtype_name == before->dtype_name;
    if (entry.shape.empty() || entry.shape.size() > 2) {
      return std::ranges::equal(base_.file.array(entry.name).data,
                                tuned_.file.array(entry.name).data);
    }
    return base_.values(entry.name) == tuned_.values(entry.name);
  }

  const ExtractRequest& request_;
  Source base_;
  Source tuned_;
  PeftTensors tensors_;
  LayerRanks ranks_;
  std::vector<Pair> changed_;
  std::vector<std::string> seen_;  // names in the tuned file
  ExtractReport report_;
};

}  // namespace

ExtractReport extract_adapter(const ExtractRequest& request) {
  return Extraction(request).run();
}

}  // namespace lora
