#include "lora/loss/recall.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "lora/loss/rows.h"
#include "unit_rows.h"

namespace lora {

namespace {

/// In one order whatever surrounds the rows, so that equal documents have equal cosines.
double dot(const DoubleMatrix& a, Index i, const DoubleMatrix& b, Index j) {
  double sum = 0;
  for (Index k = 0; k < a.cols(); ++k) sum += a(i, k) * b(j, k);
  return sum;
}

/// Rows of length 1 in the directions of the outputs.
DoubleMatrix directions_of(const Matrix& outputs) {
  DoubleMatrix units(outputs.rows(), outputs.cols());
  DoubleMatrix norms(1, outputs.rows());
  unit_rows(outputs, units, norms, Compute());
  return units;
}

/// What all processes hold, in rank order.
std::vector<double> gathered(const std::vector<double>& own, Group& group) {
  std::vector<double> sizes(static_cast<std::size_t>(group.size()), 0.0);
  const auto own_size = sizes.begin() + group.rank();
  *own_size = static_cast<double>(own.size());
  group.sum_wide(sizes);
  const double before = std::accumulate(sizes.begin(), own_size, 0.0);
  const double total = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  std::vector<double> all(static_cast<std::size_t>(total), 0.0);
  std::ranges::copy(own, all.begin() + static_cast<std::ptrdiff_t>(before));
  group.sum_wide(all);
  return all;
}

}  // namespace

/// In the order of their row numbers.
struct Recall::Documents {
  explicit Documents(const std::map<Index, std::vector<Real>>& outputs, Index width) {
    Matrix matrix(std::ssize(outputs), width);
    for (const auto& [number, values] : outputs) {
      std::ranges::copy(values, matrix.row(std::ssize(numbers)).data());
      numbers.push_back(number);
    }
    units = directions_of(matrix);
  }

  Index place_of(Index number) const {
    return std::ranges::lower_bound(numbers, number) - numbers.begin();
  }

  /// How many are nearer than document `own` to row `query` of `queries`, which has these products
  /// with all of them. A product of matrices is fast, but off by last bits that depend on the place
  /// in the matrix: where two are close, their cosines decide.
  Index ahead_of(Index own, const DoubleMatrix& queries, Index query,
                 const double* products) const {
    constexpr double kClose = 1e-12;
    const double own_cosine = dot(queries, query, units, own);
    if (std::isnan(own_cosine)) return std::numeric_limits<Index>::max();
    Index ahead = 0;
    for (Index j = 0; j < units.rows(); ++j) {
      const bool close = std::abs(products[j] - own_cosine) < kClose;
      const double cosine = close ? dot(queries, query, units, j) : products[j];
      if (cosine > own_cosine || (cosine == own_cosine && j < own)) ++ahead;
    }
    return ahead;
  }

  std::vector<Index> numbers;
  DoubleMatrix units;
};

void Recall::add(const View& output, const Batch& batch) {
  const Index pairs = output.rows() / 2;
  for (Index i = 0; i < pairs; ++i) {
    const Index document = batch.rows[static_cast<std::size_t>(pairs + i)];
    add_pair(row_weight(batch, i), document, output.row(i).data(), output.row(pairs + i).data());
  }
}

void Recall::add_pair(double weight, Index document, const Real* query, const Real* outputs) {
  if (weight == 0) return;
  pairs_.push_back({weight, {query, query + outputs_}, document});
  if (!documents_.contains(document)) documents_[document] = {outputs, outputs + outputs_};
}

double Recall::result() const {
  const Documents documents(documents_, outputs_);
  const std::span<const Pair> pairs = pairs_;
  double hits = 0;
  double weight = 0;
  for (const Pair& pair : pairs) weight += pair.weight;
  for (std::size_t first = 0; first < pairs.size(); first += kBlockRows) {
    hits += hits_among(
        pairs.subspan(first, std::min<std::size_t>(kBlockRows, pairs.size() - first)), documents);
  }
  return hits / weight;
}

/// As how many hits those of the pairs count.
double Recall::hits_among(std::span<const Pair> pairs, const Documents& documents) const {
  Matrix outputs(std::ssize(pairs), outputs_);
  for (Index i = 0; i < outputs.rows(); ++i) {
    std::ranges::copy(pairs[static_cast<std::size_t>(i)].query, outputs.row(i).data());
  }
  const DoubleMatrix queries = directions_of(outputs);
  const DoubleMatrix products = queries * documents.units.transpose();
  double hits = 0;
  for (Index i = 0; i < outputs.rows(); ++i) {
    const Pair& pair = pairs[static_cast<std::size_t>(i)];
    const Index own = documents.place_of(pair.document);
    if (documents.ahead_of(own, queries, i, products.row(i).data()) < k_) hits += pair.weight;
  }
  return hits;
}

void Recall::reset() {
  pairs_.clear();
  documents_.clear();
}

void Recall::sum_over(Group& group) {
  if (group.size() == 1) return;
  std::vector<double> own;
  for (const Pair& pair : pairs_) {
    const std::vector<Real>& outputs = documents_.at(pair.document);
    own.push_back(pair.weight);
    own.push_back(static_cast<double>(pair.document));
    own.insert(own.end(), pair.query.begin(), pair.query.end());
    own.insert(own.end(), outputs.begin(), outputs.end());
  }
  const std::vector<double> all = gathered(own, group);
  reset();
  const Index length = 2 + 2 * outputs_;
  for (auto pair = all.begin(); pair != all.end(); pair += length) {
    const std::vector<Real> outputs(pair + 2, pair + length);
    add_pair(pair[0], static_cast<Index>(pair[1]), outputs.data(), outputs.data() + outputs_);
  }
}

}  // namespace lora
