#include "lora/data/npy_reader.h"

#include <cmath>
#include <cstddef>

#include "lora/core/error.h"
#include "lora/data/labels.h"
#include "lora/io/mapped_file.h"
#include "lora/io/npy.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

[[noreturn]] void refuse_value(const NpyArray& array, Index row, Index col) {
  const double value = npy_element(array, row, col);
  const std::string place = array.path + ": row " + std::to_string(row) + ", column " +
                            std::to_string(col) + " (the first is 0): ";
  if (std::isfinite(value)) {
    throw Error(ErrorKind::input, place, value,
                " is too large for float32, which ends at 3.4e38; scale the column");
  }
  throw Error(ErrorKind::input, place, value, " is not a finite number; remove or fill such rows");
}

/// The array as a matrix of finite numbers, (n,) as one column.
Matrix read_finite(const NpyArray& array) {
  const auto [rows, cols] = npy_table(array);
  if (rows == 0 || cols == 0) {
    throw Error(ErrorKind::input, array.path, ": of shape ", shape_text(array.shape),
                ", so there is nothing in it");
  }
  Matrix values(rows, cols);
  npy_rows_to_float(array, 0, values);
  if (values.allFinite()) return values;
  for (Index row = 0; row < rows; ++row) {
    for (Index col = 0; col < cols; ++col) {
      if (!std::isfinite(values(row, col))) refuse_value(array, row, col);
    }
  }
  return values;
}

void check_rows(const NpyArray& targets, const DatasetRequest& request, const Dataset& data) {
  const std::uint64_t rows = targets.shape.empty() ? 0 : targets.shape.front();
  if (rows != static_cast<std::uint64_t>(data.rows())) {
    throw Error(ErrorKind::input, targets.path, ": ", rows, " rows, but ", request.data, " has ",
                data.rows());
  }
}

}  // namespace

Dataset read_npy_dataset(const DatasetRequest& request) {
  const MappedFile file(request.data);
  Dataset data;
  data.features = read_finite(parse_npy(file.bytes(), request.data));
  if (!request.target.ends_with(".npy")) {
    throw Error(ErrorKind::input, request.data,
                ": an array has no columns with names, so the "
                "target '",
                request.target, "' must be an .npy file of its own");
  }
  read_npy_targets(request, data);
  return data;
}

void read_npy_targets(const DatasetRequest& request, Dataset& data) {
  const MappedFile file(request.target);
  const NpyArray array = parse_npy(file.bytes(), request.target);
  check_rows(array, request, data);
  if (request.task == Task::regression) {
    data.targets = read_finite(array);
    return;
  }
  Index row = 0;
  for (const std::int64_t label : npy_to_int64(array)) {
    if (const std::string fault = label_fault(label, request.classes); !fault.empty()) {
      throw Error(ErrorKind::input, request.target, ": row ", row, " (the first is 0): ", fault);
    }
    append_label(label, data);
    ++row;
  }
}

}  // namespace lora
