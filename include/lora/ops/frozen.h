// Products with a frozen weight, whatever its element type and layout.
#pragma once

#include <optional>
#include <span>

#include "lora/core/frozen_matrix.h"
#include "lora/core/matrix.h"
#include "lora/core/tape.h"

namespace lora {

/// z = x·Wᵀ for x (n, in), z (n, out).
void frozen_product(const View& x, const FrozenMatrix& W, MutableView z, Tape& tape);

/// dx += dz·W for dz (n, out), dx (n, in). There is no gradient of W.
void frozen_product_backward(const View& dz, const FrozenMatrix& W, MutableView dx, Tape& tape);

/// Rows first … first+out.rows()−1 of W as they are stored, converted to Real: out (rows,
/// W.cols()).
void unpack_rows(const FrozenMatrix& W, Index first, MutableView out);

/// Rows first … first+out.rows()−1 of W seen as (out, in), whatever its layout: out (rows, in).
void unpack_outputs(const FrozenMatrix& W, Index first, MutableView out);

/// scale·B·A for A (rank, in), B (out, rank).
struct LowRankTerm {
  View A;
  View B;
  Real scale;
};

/// The Euclidean length of each row of W + Σ terms, seen as (out, in), for at least one term: norms
/// (1, out), √(Σ over j of (W + Σ terms)ᵢⱼ²). The sum is formed in blocks of rows, never as a
/// whole.
void output_norms(const FrozenMatrix& W, std::span<const LowRankTerm> terms, MutableView norms,
                  Tape& tape);

/// The Euclidean norm of all elements of W, summed in double.
double norm_of(const FrozenMatrix& W);

/// An element of W as it is stored.
struct StoredElement {
  Index row;
  Index col;
  Real value;
};

/// The first element that is infinite or not a number, if there is one.
std::optional<StoredElement> first_non_finite(const FrozenMatrix& W);

}  // namespace lora
