#include "lora/ops/frozen.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "lora/core/dtype.h"
#include "lora/ops/matmul.h"

namespace lora {

namespace {

/// Calls product(first, rows) for each block of W's stored rows, as Real.
template <class Product>
void for_each_unpacked_block(const FrozenMatrix& W, Tape& tape, const Product& product) {
  auto scratch = tape.buffer(std::min(kBlockRows, W.rows()), W.cols());
  for (Index row = 0; row < W.rows(); row += kBlockRows) {
    auto rows = scratch.topRows(std::min(kBlockRows, W.rows() - row));
    unpack_rows(W, row, rows);
    product(row, rows);
  }
}

template <class Element, class ToReal>
void unpack(const FrozenMatrix& W, Index first, MutableView& out, const ToReal& to_real) {
  const auto* element = reinterpret_cast<const Element*>(W.bytes().data()) + first * W.cols();
  for (Index i = 0; i < out.rows(); ++i) {
    for (Index j = 0; j < out.cols(); ++j) out(i, j) = static_cast<Real>(to_real(*element++));
  }
}

}  // namespace

void frozen_product(const View& x, const FrozenMatrix& W, MutableView z, Tape& tape) {
  Compute& compute = tape.compute();
  const bool out_in = W.layout() == Layout::out_in;
  if (W.is_real()) {
    (out_in ? matmul_nt : matmul_nn)(x, W.map(), z, Real{1}, Real{0}, compute);
    return;
  }
  for_each_unpacked_block(W, tape, [&](Index row, const View& rows) {
    if (out_in) {
      matmul_nt(x, rows, z.middleCols(row, rows.rows()), Real{1}, Real{0}, compute);
    } else {
      const Real beta = row == 0 ? Real{0} : Real{1};
      matmul_nn(x.middleCols(row, rows.rows()), rows, z, Real{1}, beta, compute);
    }
  });
}

void frozen_product_backward(const View& dz, const FrozenMatrix& W, MutableView dx, Tape& tape) {
  Compute& compute = tape.compute();
  const bool out_in = W.layout() == Layout::out_in;
  if (W.is_real()) {
    (out_in ? matmul_nn : matmul_nt)(dz, W.map(), dx, Real{1}, Real{1}, compute);
    return;
  }
  for_each_unpacked_block(W, tape, [&](Index row, const View& rows) {
    if (out_in) {
      matmul_nn(dz.middleCols(row, rows.rows()), rows, dx, Real{1}, Real{1}, compute);
    } else {
      matmul_nt(dz, rows, dx.middleCols(row, rows.rows()), Real{1}, Real{1}, compute);
    }
  });
}

void unpack_rows(const FrozenMatrix& W, Index first, MutableView out) {
  switch (W.dtype()) {
    case DType::f64:
      return unpack<double>(W, first, out, [](double value) { return value; });
    case DType::f32:
      return unpack<float>(W, first, out, [](float value) { return value; });
    case DType::f16:
      return unpack<std::uint16_t>(W, first, out, float_from_f16);
    case DType::bf16:
      return unpack<std::uint16_t>(W, first, out, float_from_bf16);
    default:
      throw std::logic_error("unpack_rows: a frozen matrix is of a floating type");
  }
}

std::optional<StoredElement> first_non_finite(const FrozenMatrix& W) {
  Matrix rows(std::min(kBlockRows, W.rows()), W.cols());
  for (Index first = 0; first < W.rows(); first += kBlockRows) {
    MutableView block = rows.topRows(std::min(kBlockRows, W.rows() - first));
    unpack_rows(W, first, block);
    if (block.allFinite()) continue;
    for (Index i = 0; i < block.rows(); ++i) {
      for (Index j = 0; j < block.cols(); ++j) {
        if (!std::isfinite(block(i, j))) return StoredElement{first + i, j, block(i, j)};
      }
    }
  }
  return std::nullopt;
}

}  // namespace lora
