// Several processes of a run, here threads.
#pragma once

#include <barrier>
#include <cstddef>
#include <exception>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "lora/core/group.h"
#include "lora/loss/metric.h"

namespace lora::test {

/// One of them.
class ThreadOfGroup : public Group {
 public:
  struct Shared {
    explicit Shared(int size) : meeting(size), texts(static_cast<std::size_t>(size)) {}

    std::barrier<> meeting;
    std::vector<std::string> texts;
  };
  ThreadOfGroup(Shared& shared, int rank) : shared_(&shared), rank_(rank) {}

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(shared_->texts.size()); }
  void sum(std::span<const std::span<Real>> parts) override {
    for (const std::span<Real> part : parts) add_up(part);
  }
  void sum_wide(std::span<double> values) override { add_up(values); }
  std::vector<std::string> gather(const std::string& own) override {
    shared_->texts[static_cast<std::size_t>(rank_)] = own;
    shared_->meeting.arrive_and_wait();
    std::vector<std::string> all = shared_->texts;
    shared_->meeting.arrive_and_wait();
    return all;
  }

 private:
  template <class Number>
  void add_up(std::span<Number> values) {
    const std::vector<std::vector<double>> all =
        gather_wide(*this, std::vector<double>(values.begin(), values.end()));
    for (std::size_t i = 0; i < values.size(); ++i) {
      double sum = 0;
      for (const std::vector<double>& other : all) sum += other.at(i);
      values[i] = static_cast<Number>(sum);
    }
  }

  Shared* shared_;
  int rank_;
};

/// Runs `process` in each of so many. Catch's assertions belong into one thread: what is to be
/// checked is kept for afterwards. What a process throws is thrown here; the others must then not
/// wait for it.
inline void run_processes(int size, const std::function<void(Group&)>& process) {
  ThreadOfGroup::Shared shared(size);
  std::vector<std::exception_ptr> errors(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      ThreadOfGroup group(shared, rank);
      try {
        process(group);
      } catch (...) {
        errors[static_cast<std::size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

/// Adds up two metrics that have seen different rows.
inline void sum_over_two(Metric& first, Metric& second) {
  run_processes(2, [&](Group& group) { (group.is_first() ? first : second).sum_over(group); });
}

}  // namespace lora::test
