// Two processes of a run, here threads.
#pragma once

#include <barrier>
#include <cstddef>
#include <span>
#include <thread>
#include <vector>

#include "lora/core/group.h"
#include "lora/loss/metric.h"

namespace lora::test {

/// One of the two.
class Half : public Group {
 public:
  struct Shared {
    std::barrier<> meeting{2};
    std::vector<std::vector<double>> values{2};
  };
  Half(Shared& shared, int rank) : shared_(&shared), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return 2; }
  void sum(std::span<Real> /*values*/) override {}
  void sum_wide(std::span<double> values) override {
    shared_->values[static_cast<std::size_t>(rank_)].assign(values.begin(), values.end());
    shared_->meeting.arrive_and_wait();
    for (std::size_t i = 0; i < values.size(); ++i) {
      values[i] = shared_->values[0].at(i) + shared_->values[1].at(i);
    }
    shared_->meeting.arrive_and_wait();
  }

 private:
  Shared* shared_;
  int rank_;
};

/// Adds up two metrics that have seen different rows.
inline void sum_over_two(Metric& first, Metric& second) {
  Half::Shared shared;
  std::thread other([&] {
    Half group(shared, 1);
    second.sum_over(group);
  });
  Half group(shared, 0);
  first.sum_over(group);
  other.join();
}

}  // namespace lora::test
