#include "weight_image.h"

#include <cstdint>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/io/npy_start.h"

namespace lora {

namespace {

template <class Element>
void append(Element element, std::vector<std::byte>& bytes) {
  const auto* begin = reinterpret_cast<const std::byte*>(&element);
  bytes.insert(bytes.end(), begin, begin + sizeof(Element));
}

}  // namespace

DoubleMatrix StoredMatrix::rows_from(Index first, Index count) const {
  const NpyArray array{"",
                       dtype,
                       false,
                       false,
                       {static_cast<std::uint64_t>(rows), static_cast<std::uint64_t>(cols)},
                       bytes};
  DoubleMatrix values(count, cols);
  npy_rows_to_double(array, first, values);
  return values;
}

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

WeightImage::WeightImage(const std::string& path) {
  MappedFile file(path);
  if (path.ends_with(".npz")) {
    throw Error(
        ErrorKind::input, path,
        ": adapters are folded into .safetensors and .npy; np.save makes one of its arrays");
  }
  if (is_npy(file.bytes())) {  // by the content: one that is still being written has another name
    npy_.emplace(std::move(file));
  } else {
    tensors_.emplace(path);
  }
}

std::span<const std::byte> WeightImage::bytes() const {
  return tensors_ ? tensors_->file().bytes() : npy_->bytes();
}

StoredMatrix WeightImage::weight(const std::string& name) const {
  return tensors_ ? tensor(name) : array();
}

std::optional<StoredMatrix> WeightImage::bias(const std::string& name) const {
  if (!tensors_ || tensors_->find(name) == nullptr) return std::nullopt;
  return tensor(name);
}

std::string WeightImage::weight_name(const std::string& path, const std::string& named) const {
  if (npy_) return "";  // the only one
  const bool names_layer = !named.empty() && (has(named) || has(named + ".weight"));
  const bool names_prefix = !names_layer && path.starts_with(named + ".");
  const std::string name = named.empty() || names_prefix ? path : named;
  if (has(name + ".weight")) return name + ".weight";
  if (named.empty() && path == "linear" && has("weight")) return "weight";
  return named.empty() ? name + ".weight" : name;
}

StoredMatrix WeightImage::tensor(const std::string& name) const {
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
    throw Error(ErrorKind::input, tensors_->path(), ": tensor '", name, "' is ", entry->dtype_name,
                ", which no adapter can be folded into");
  }
  const auto cols = static_cast<Index>(entry->shape.back());
  return {*entry->dtype, dimensions == 2 ? static_cast<Index>(entry->shape[0]) : 1, cols,
          entry->bytes};
}

StoredMatrix WeightImage::array() const {
  const NpyArray array = parse_npy(npy_->bytes(), npy_->path());
  if (array.shape.size() != 2 || !is_floating(array.dtype) || array.big_endian ||
      array.fortran_order) {
    throw Error(ErrorKind::input, npy_->path(),
                ": an adapter is folded into a little-endian matrix of floats in C order only; "
                "np.save('new.npy', np.ascontiguousarray(a, a.dtype.newbyteorder('<'))) makes one");
  }
  return {array.dtype, static_cast<Index>(array.shape[0]), static_cast<Index>(array.shape[1]),
          array.data};
}

}  // namespace lora
