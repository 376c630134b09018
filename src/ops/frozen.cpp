#include "lora/ops/frozen.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include "lora/core/dtype.h"
#include "lora/ops/matmul.h"
#include "lora/ops/parallel.h"

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

/// Calls visit(first element, function that makes a Real of an element) for W's element type.
template <class Visit>
void visit_elements(const FrozenMatrix& W, const Visit& visit) {
  const std::byte* bytes = W.bytes().data();
  const auto to_real = [](auto value) { return static_cast<Real>(value); };
  switch (W.dtype()) {
    case DType::f64:
      return visit(reinterpret_cast<const double*>(bytes), to_real);
    case DType::f32:
      return visit(reinterpret_cast<const float*>(bytes), to_real);
    case DType::f16:
      return visit(reinterpret_cast<const std::uint16_t*>(bytes),
                   [&](std::uint16_t bits) { return to_real(float_from_f16(bits)); });
    case DType::bf16:
      return visit(reinterpret_cast<const std::uint16_t*>(bytes),
                   [&](std::uint16_t bits) { return to_real(float_from_bf16(bits)); });
    default:
      throw std::logic_error("a frozen matrix is of a floating type");
  }
}

/// The Euclidean length of a + b, both (1, n): in Real by pieces, which are added in double.
template <class Row, class OtherRow>
Real length_of_sum(const Row& a, const OtherRow& b) {
  constexpr Index kPiece = 256;
  double square = 0;
  for (Index j = 0; j < a.cols(); j += kPiece) {
    const Index size = std::min(kPiece, a.cols() - j);
    square += static_cast<double>((a.segment(j, size) + b.segment(j, size)).squaredNorm());
  }
  return static_cast<Real>(std::sqrt(square));
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
  visit_elements(W, [&](const auto* element, const auto& to_real) {
    element += first * W.cols();
    for (Index i = 0; i < out.rows(); ++i) {
      for (Index j = 0; j < out.cols(); ++j) out(i, j) = to_real(*element++);
    }
  });
}

void unpack_outputs(const FrozenMatrix& W, Index first, MutableView out) {
  if (W.layout() == Layout::out_in) return unpack_rows(W, first, out);
  visit_elements(W, [&](const auto* element, const auto& to_real) {
    element += first;
    for (Index j = 0; j < out.cols(); ++j, element += W.cols()) {
      for (Index i = 0; i < out.rows(); ++i) out(i, j) = to_real(element[i]);
    }
  });
}

void output_norms(const FrozenMatrix& W, std::span<const LowRankTerm> terms, MutableView norms,
                  Tape& tape) {
  Compute& compute = tape.compute();
  const Index out = W.out_features();
  const bool as_it_is = W.is_real() && W.layout() == Layout::out_in;
  auto sums = tape.buffer(std::min(kBlockRows, out), W.in_features());
  auto unpacked = tape.buffer(as_it_is ? 0 : sums.rows(), W.in_features());
  for (Index first = 0; first < out; first += kBlockRows) {
    const Index count = std::min(kBlockRows, out - first);
    for (const LowRankTerm& term : terms) {
      const Real beta = &term == terms.data() ? Real{0} : Real{1};
      matmul_nn(term.B.middleRows(first, count), term.A, sums.topRows(count), term.scale, beta,
                compute);
    }
    if (!as_it_is) unpack_outputs(W, first, unpacked.topRows(count));
    const View rows = as_it_is ? View(W.map().middleRows(first, count)) : unpacked.topRows(count);
    for_each_block(compute, count, static_cast<double>(rows.size()),
                   [&](Index i) { norms(0, first + i) = length_of_sum(rows.row(i), sums.row(i)); });
  }
}

double norm_of(const FrozenMatrix& W) {
  Matrix rows(std::min(kBlockRows, W.rows()), W.cols());
  double square = 0;
  for (Index first = 0; first < W.rows(); first += kBlockRows) {
    MutableView block = rows.topRows(std::min(kBlockRows, W.rows() - first));
    unpack_rows(W, first, block);
    square += block.cast<double>().squaredNorm();
  }
  return std::sqrt(square);
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
