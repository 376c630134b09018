// The processes that mpirun started. Compiled with LORA_WITH_MPI only.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "lora/core/group.h"

namespace lora {

/// All processes of MPI_COMM_WORLD. There is one such object in a process, and MPI is used by the
/// thread that made it.
class MpiGroup : public Group {
 public:
  /// Initialises MPI.
  MpiGroup();

  /// Finalises MPI, which waits for the other processes.
  ~MpiGroup() override;
  MpiGroup(const MpiGroup&) = delete;
  MpiGroup& operator=(const MpiGroup&) = delete;
  MpiGroup(MpiGroup&&) = delete;
  MpiGroup& operator=(MpiGroup&&) = delete;

  int rank() const override { return rank_; }
  int size() const override { return size_; }

  /// How many of the processes are on this host.
  int size_on_host() const { return size_on_host_; }

  /// "rank 2 of 4 on node7": what messages call this process.
  const std::string& name() const { return name_; }

  /// Of n numbers each process sends and receives about 2n, however many processes there are: each
  /// adds up one part of them, and gives the others what that came to. Few numbers go to everybody
  /// at once, which takes one message less.
  void sum(std::span<const std::span<Real>> parts) override;
  void sum_wide(std::span<double> values) override;

  std::vector<std::string> gather(const std::string& own) override;

  /// Ends all processes; mpirun then exits with `exit_code`.
  [[noreturn]] static void end_all(int exit_code);

 private:
  template <class Number>
  void sum_numbers(std::vector<Number>& numbers);
  template <class Number>
  void sum_few(std::vector<Number>& numbers);
  template <class Number>
  void sum_many(std::vector<Number>& numbers);

  int rank_ = 0;
  int size_ = 1;
  int size_on_host_ = 1;
  std::string name_;
  std::vector<Real> packed_;
  std::vector<double> wide_;
};

}  // namespace lora
