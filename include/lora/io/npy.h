// NumPy's .npy format: one array.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lora/core/dtype.h"
#include "lora/core/matrix.h"

namespace lora {

/// An array as its file has it. (Any other array of bytes fits too, such as a tensor of a
/// safetensors file: little-endian, in C order.)
struct NpyArray {
  std::string path;  ///< for messages: the file, and the array in it if there are several
  DType dtype;
  bool big_endian;     ///< of each element; false for types of one byte
  bool fortran_order;  ///< columns are contiguous instead of rows
  std::vector<std::uint64_t> shape;
  std::span<const std::byte> data;  ///< exactly what shape and dtype take; may be unaligned
};

/// Reads the bytes of a .npy file of version 1.0, 2.0 or 3.0; `data` of the result looks into
/// `file`, nothing is copied. `label` names the array in messages. Throws Error(input) with its own
/// sentence for everything that is not a well-formed array of numbers or booleans; bytes after the
/// data are refused too.
NpyArray parse_npy(std::span<const std::byte> file, const std::string& label);

/// What an array is as a table: (n,) is a column (n, 1).
struct NpyTable {
  Index rows;
  Index cols;
};

/// Throws Error(input) if the array has no or more than two dimensions.
NpyTable npy_table(const NpyArray& array);

/// True if the data can be used where it lies as rows of Real: that type, this machine's byte
/// order, C order, aligned, one or two dimensions.
bool is_native_real_rows(const NpyArray& array);

/// Fills `rows` (k, cols) with the rows [first_row, first_row + k) of the table, each element
/// rounded to the nearest Real (beyond Real's range: infinity); booleans give 0 and 1. Throws
/// Error(input) as npy_table does, std::logic_error if such rows are not in it.
void npy_rows_to_float(const NpyArray& array, Index first_row, MutableView rows);

/// The same in double, which holds every type but the largest 64-bit integers exactly.
void npy_rows_to_double(const NpyArray& array, Index first_row, MutableDoubleView rows);

/// One element of the table, likewise.
double npy_element(const NpyArray& array, Index row, Index col);

/// Fills `rows` with the elements [first_row, first_row + k) of an array (n,) or (n, 1) of
/// integers, booleans or floats with whole values. Throws Error(input) for another shape, and for
/// an element that is no integer of 64 bits, with its row; std::logic_error if such rows are not in
/// it.
void npy_rows_to_int64(const NpyArray& array, Index first_row, std::span<std::int64_t> rows);

/// All of them.
std::vector<std::int64_t> npy_to_int64(const NpyArray& array);

}  // namespace lora
