// How often a query finds its document among the nearest of all.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <vector>

#include "lora/loss/metric.h"

namespace lora {

/// Batches are as those of Contrastive: queries, then their documents. Every document that occurs,
/// by its row number in batch.rows, is one candidate; a query is a hit if its own is among the k of
/// the largest cosine. Of equal cosines the lower row number is ahead (torch.topk leaves it open).
/// A pair counts as often as its query's weight says. Keeps the outputs of all pairs; result()
/// compares every query with every document.
class Recall : public Metric {
 public:
  Recall(Index k, Index outputs) : Metric(0), k_(k), outputs_(outputs) {}
  template <Index k>
  static std::unique_ptr<Metric> make(Index outputs) {
    return std::make_unique<Recall>(k, outputs);
  }

  void add(const View& output, const Batch& batch) override;
  double result() const override;
  void reset() override;
  void sum_over(Group& group) override;

 private:
  struct Pair {
    double weight;
    std::vector<Real> query;  ///< its outputs
    Index document;           ///< its row number
  };
  struct Documents;

  void add_pair(double weight, Index document, const Real* query, const Real* outputs);
  double hits_among(std::span<const Pair> pairs, const Documents& documents) const;

  Index k_;
  Index outputs_;
  std::vector<Pair> pairs_;
  std::map<Index, std::vector<Real>> documents_;  ///< outputs by row number
};

}  // namespace lora
