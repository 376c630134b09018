// Where the time of a run goes, and how much was computed in it.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "lora/core/compute.h"

namespace lora {

/// The parts of a run that are timed, in the order in which they first come.
enum class Phase {
  reading,
  base_products,
  row_sums,
  gathering,
  forward,
  loss,
  backward,
  optimizer,
  validation,
  saving
};

inline constexpr std::size_t kPhases = static_cast<std::size_t>(Phase::saving) + 1;

/// Sums over a run: seconds and multiply-adds of each phase, bytes of rows.
class Profile {
 public:
  struct Spent {
    double seconds = 0;
    double multiplications = 0;  ///< scalar multiply-adds of matrix products
  };

  void add(Phase phase, const Spent& spent) {
    Spent& sum = spent_[static_cast<std::size_t>(phase)];
    sum.seconds += spent.seconds;
    sum.multiplications += spent.multiplications;
  }

  Profile& operator+=(const Profile& other);

  /// What threads spent at the same time, within `seconds`: each phase gets its share of these.
  void add_parallel(const Profile& threads, double seconds);

  /// Bytes of rows that steps have worked on: features, targets, and what is kept of each.
  void add_row_bytes(double bytes) { row_bytes_ += bytes; }

  const Spent& of(Phase phase) const { return spent_[static_cast<std::size_t>(phase)]; }
  double row_bytes() const { return row_bytes_; }

 private:
  std::array<Spent, kPhases> spent_;
  double row_bytes_ = 0;
};

/// Adds the time from here to its end, and the products in between, to a phase of the profile of
/// `compute`, if there is one. Phases do not nest.
class Timed {
 public:
  Timed(const Compute& compute, Phase phase) : compute_(&compute), phase_(phase) {
    if (compute.profile == nullptr) return;
    multiplications_ = compute.multiplications;
    start_ = Clock::now();
  }
  ~Timed() {
    if (compute_->profile == nullptr) return;
    compute_->profile->add(phase_, {seconds(), compute_->multiplications - multiplications_});
  }
  Timed(const Timed&) = delete;
  Timed& operator=(const Timed&) = delete;
  Timed(Timed&&) = delete;
  Timed& operator=(Timed&&) = delete;

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

  const Compute* compute_;
  Phase phase_;
  double multiplications_ = 0;
  Clock::time_point start_;
};

}  // namespace lora
