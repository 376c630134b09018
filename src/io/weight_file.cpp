#include "lora/io/weight_file.h"

#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/table.h"
#include "lora/core/text.h"
#include "lora/io/array_file.h"
#include "lora/io/layer_names.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/safetensors.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

bool is_matrix(const SafetensorsEntry& entry) {
  return entry.shape.size() == 2 && entry.dtype && is_floating(*entry.dtype);
}

std::vector<std::string> matrix_names(const SafetensorsFile& file) {
  std::vector<std::string> names;
  for (const SafetensorsEntry& entry : file.tensors()) {
    if (is_matrix(entry)) names.push_back(entry.name);
  }
  return names;
}

const SafetensorsEntry& find_named(const SafetensorsFile& file, const std::string& tensor) {
  for (const std::string& name : {tensor, tensor + ".weight"}) {
    if (const SafetensorsEntry* entry = file.find(name)) return *entry;
  }
  const std::vector<std::string> names = matrix_names(file);
  const std::string near = nearest(tensor, names);
  throw Error(
      ErrorKind::input, file.path(), ": no tensor '", tensor, "'",
      near.empty() ? "" : "; did you mean '" + near + "'?",
      names.empty() ? " (it holds no matrix)" : " (its matrices are " + joined(names) + ")");
}

const SafetensorsEntry& find_only_matrix(const SafetensorsFile& file) {
  const std::vector<std::string> names = matrix_names(file);
  if (names.size() == 1) return *file.find(names.front());
  if (names.empty()) {
    throw Error(ErrorKind::input, file.path(),
                ": no tensor of two dimensions and a floating type, so no weight");
  }
  throw Error(ErrorKind::input, file.path(), ": ", names.size(), " matrices, so name one as ",
              file.path(), ":TENSOR (", joined(names), ")");
}

NpyArray as_array(const SafetensorsFile& file, const SafetensorsEntry& entry) {
  return {file.path() + ":" + entry.name, *entry.dtype, false, false, entry.shape, entry.bytes};
}

/// The number of outputs of a weight of this shape.
std::uint64_t outputs_of(const std::vector<std::uint64_t>& shape, Layout layout) {
  return layout == Layout::out_in ? shape[0] : shape[1];
}

std::string layout_text(Layout layout) {
  return layout == Layout::out_in ? "(out, in)" : "(in, out)";
}

std::optional<Matrix> read_bias(const SafetensorsFile& file, const SafetensorsEntry& weight,
                                Layout layout) {
  const SafetensorsEntry* entry = file.find(bias_beside(weight.name));
  if (entry == nullptr) return std::nullopt;
  if (!entry->dtype || !is_floating(*entry->dtype) || entry->shape.size() != 1 ||
      entry->shape[0] != outputs_of(weight.shape, layout)) {
    throw Error(ErrorKind::input, file.path(), ": tensor '", entry->name, "' is ",
                entry->dtype_name, " of shape ", shape_text(entry->shape), "; the bias of '",
                weight.name, "' must be of a floating type and shape (",
                outputs_of(weight.shape, layout), ",)");
  }
  Matrix column(static_cast<Index>(entry->shape[0]), 1);
  npy_rows_to_float(as_array(file, *entry), 0, column);
  return column.transpose();
}

FrozenWeight read_safetensors(const std::string& path, const std::string& tensor, Layout layout) {
  auto file = std::make_shared<const SafetensorsFile>(path);
  return frozen_weight_of(
      file, tensor.empty() ? find_only_matrix(*file) : find_named(*file, tensor), layout);
}

Layout transposed(Layout layout) {
  return layout == Layout::out_in ? Layout::in_out : Layout::out_in;
}

/// NumPy's kinds of files.
FrozenWeight read_array(const std::string& path, const std::string& name, Layout layout) {
  auto file = std::make_shared<ArrayFile>(path);
  const std::string known = file->entry(name).name;
  const NpyArray array = file->array(name);
  if (array.shape.size() != 2 || !is_floating(array.dtype) || array.data.empty()) {
    throw Error(ErrorKind::input, array.path, ": ", name_of(array.dtype), " of shape ",
                shape_text(array.shape), "; a frozen weight is ", layout_text(layout),
                ", of type float32, float64 or float16");
  }
  const std::string layer = layer_path_of(known);
  const auto rows = static_cast<Index>(array.shape[0]);
  const auto cols = static_cast<Index>(array.shape[1]);
  if (!array.big_endian) {  // in Fortran order the bytes are those of the transposed matrix
    return {path,
            known,
            layer,
            array.fortran_order
                ? FrozenMatrix(array.data, array.dtype, cols, rows, transposed(layout))
                : FrozenMatrix(array.data, array.dtype, rows, cols, layout),
            std::nullopt,
            {file, &file->file()}};
  }
  Matrix weight(rows, cols);
  npy_rows_to_float(array, 0, weight);
  if (layout == Layout::in_out) weight = weight.transpose().eval();
  return {path, known, layer, FrozenMatrix(std::move(weight)), std::nullopt, nullptr};
}

}  // namespace

FrozenWeight frozen_weight_of(const std::shared_ptr<const SafetensorsFile>& file,
                              const SafetensorsEntry& entry, Layout layout) {
  if (!is_matrix(entry) || entry.bytes.empty()) {
    throw Error(ErrorKind::input, file->path(), ": tensor '", entry.name, "' is ", entry.dtype_name,
                " of shape ", shape_text(entry.shape), "; a frozen weight is ", layout_text(layout),
                ", of type F32, F64, F16 or BF16");
  }
  return {file->path(),
          entry.name,
          layer_path_of(entry.name),
          FrozenMatrix(entry.bytes, *entry.dtype, static_cast<Index>(entry.shape[0]),
                       static_cast<Index>(entry.shape[1]), layout),
          read_bias(*file, entry, layout),
          {file, &file->file()}};
}

FrozenWeight read_frozen_weight(const std::string& file_and_tensor, Layout layout) {
  const auto [file, tensor] = split_file_and_name(file_and_tensor);
  if (ends_in(file, ".safetensors")) return read_safetensors(file, tensor, layout);
  if (ends_in(file, ".npy") || ends_in(file, ".npz")) return read_array(file, tensor, layout);
  const bool pickled = ends_in(file, ".pt") || ends_in(file, ".pth") || ends_in(file, ".bin");
  throw Error(ErrorKind::input, file,
              ": a frozen weight is read from .safetensors, .npy or .npz, which this name does not "
              "end in",
              pickled
                  ? "; safetensors.torch.save_file(torch.load(FILE), 'new.safetensors') makes one"
                  : "");
}

}  // namespace lora
