// The processes of a run, which share its rows out: sums over all of them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "lora/core/matrix.h"

namespace lora {

/// Each of its size() processes has a rank from 0 to size() − 1. Each call is made by all of them,
/// in the same order and for as many numbers.
class Group {
 public:
  virtual ~Group() = default;

  /// From 0.
  virtual int rank() const = 0;
  virtual int size() const = 0;
  bool is_first() const { return rank() == 0; }

  /// Replaces each element of all parts by its sum over the processes, added in rank order: the
  /// same bits in every process and in every run with as many of them.
  virtual void sum(std::span<const std::span<Real>> parts) = 0;
  virtual void sum_wide(std::span<double> values) = 0;

  /// What each process gives, in rank order.
  virtual std::vector<std::string> gather(const std::string& own) = 0;
};

/// The only process there is.
class SingleProcess : public Group {
 public:
  int rank() const override { return 0; }
  int size() const override { return 1; }
  void sum(std::span<const std::span<Real>> /*parts*/) override {}
  void sum_wide(std::span<double> /*values*/) override {}
  std::vector<std::string> gather(const std::string& own) override { return {own}; }
};

/// The numbers of each process, in rank order; they may give different counts of them.
std::vector<std::vector<double>> gather_wide(Group& group, std::span<const double> own);

/// The numbers of all processes, one behind the other.
std::vector<std::int32_t> gather_labels(Group& group, std::span<const std::int32_t> own);

}  // namespace lora
