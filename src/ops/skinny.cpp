// Both products are cut into tiles whose sums stay in registers, kTileRows × kTileCols vectors of
// them. A tile is a template so that its loops are unrolled; what is left over at the edges takes
// the same template with a tile of one.
#include "lora/ops/skinny.h"

#include <algorithm>
#include <cstring>

namespace lora {

namespace {

#if defined(__AVX512F__)
constexpr int kVectorBytes = 64;
#elif defined(__AVX__)
constexpr int kVectorBytes = 32;
#else
constexpr int kVectorBytes = 16;
#endif

// As many numbers as one instruction takes.
constexpr Index kLanes = kVectorBytes / static_cast<Index>(sizeof(double));
using Vector [[gnu::vector_size(kVectorBytes)]] = double;

constexpr int kTileRows = 4;
constexpr int kTileCols = 2;

// Products are formed in pieces of this many numbers, which stay in the nearest cache.
constexpr Index kPiece = 512;

/// Rows of a matrix from one element on.
template <class Number>
struct Rows {
  Number* start;
  Index stride;

  Number* row(Index i) const { return start + i * stride; }
  Rows from(Index row, Index col) const { return {start + row * stride + col, stride}; }
};
using Input = Rows<const double>;
using Output = Rows<double>;

Vector vector_at(const double* from) {
  Vector value = {};
  std::memcpy(&value, from, sizeof value);
  return value;
}

double sum_of(const Vector& value) {
  double sum = 0;
  for (Index lane = 0; lane < kLanes; ++lane) sum += value[lane];
  return sum;
}

/// Calls tile.operator()<N>(first) for 0 … count−1: tiles of N = most, then of 1.
template <int most, class Tile>
void for_tiles(Index count, const Tile& tile) {
  Index first = 0;
  for (; first + most <= count; first += most) tile.template operator()<most>(first);
  for (; first < count; ++first) tile.template operator()<1>(first);
}

/// h += X·Wᵀ for R rows of X and J rows of W, of k numbers.
template <int R, int J>
void add_dots(Input X, Input W, Index k, Output h) {
  Vector sums[R][J] = {};
  Index at = 0;
  for (; at + kLanes <= k; at += kLanes) {
    for (int i = 0; i < R; ++i) {
      for (int j = 0; j < J; ++j) sums[i][j] += vector_at(X.row(i) + at) * vector_at(W.row(j) + at);
    }
  }
  for (int i = 0; i < R; ++i) {
    for (int j = 0; j < J; ++j) {
      double sum = sum_of(sums[i][j]);
      for (Index rest = at; rest < k; ++rest) sum += X.row(i)[rest] * W.row(j)[rest];
      h.row(i)[j] += sum;
    }
  }
}

/// C += hᵀ·X for J columns of h and V vectors of columns of X, of n rows.
template <int J, int V>
void add_columns(Input h, Input X, Index n, Output C) {
  Vector sums[J][V] = {};
  for (Index i = 0; i < n; ++i) {
    for (int v = 0; v < V; ++v) {
      for (int j = 0; j < J; ++j) sums[j][v] += h.row(i)[j] * vector_at(X.row(i) + v * kLanes);
    }
  }
  for (int j = 0; j < J; ++j) {
    for (int v = 0; v < V; ++v) {
      double* to = C.row(j) + v * kLanes;
      const Vector sum = vector_at(to) + sums[j][v];
      std::memcpy(to, &sum, sizeof sum);
    }
  }
}

/// The same for one column of X.
template <int J>
void add_column(Input h, Input X, Index n, Output C) {
  for (int j = 0; j < J; ++j) {
    double sum = 0;
    for (Index i = 0; i < n; ++i) sum += h.row(i)[j] * X.row(i)[0];
    C.row(j)[0] += sum;
  }
}

}  // namespace

void skinny_product(const DoubleView& X, const DoubleView& W, MutableDoubleView h) {
  const Input rows{X.data(), X.outerStride()};
  const Input factors{W.data(), W.outerStride()};
  const Output sums{h.data(), h.outerStride()};
  h.setZero();
  for_tiles<kTileRows>(X.rows(), [&]<int R>(Index row) {
    for (Index at = 0; at < X.cols(); at += kPiece) {
      const Index length = std::min(kPiece, X.cols() - at);
      for_tiles<kTileCols>(W.rows(), [&]<int J>(Index j) {
        add_dots<R, J>(rows.from(row, at), factors.from(j, at), length, sums.from(row, j));
      });
    }
  });
}

void add_skinny_product_tn(const DoubleView& h, const DoubleView& X, MutableDoubleView C) {
  const Input factors{h.data(), h.outerStride()};
  const Input rows{X.data(), X.outerStride()};
  const Output sums{C.data(), C.outerStride()};
  const Index vectors = X.cols() / kLanes;
  for_tiles<kTileCols>(vectors, [&]<int V>(Index vector) {
    const Index col = vector * kLanes;
    for_tiles<kTileRows>(h.cols(), [&]<int J>(Index j) {
      add_columns<J, V>(factors.from(0, j), rows.from(0, col), h.rows(), sums.from(j, col));
    });
  });
  for (Index col = vectors * kLanes; col < X.cols(); ++col) {
    for_tiles<kTileRows>(h.cols(), [&]<int J>(Index j) {
      add_column<J>(factors.from(0, j), rows.from(0, col), h.rows(), sums.from(j, col));
    });
  }
}

}  // namespace lora
