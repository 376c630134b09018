#include "lora/core/profile.h"

namespace lora {

Profile& Profile::operator+=(const Profile& other) {
  for (std::size_t i = 0; i < kPhases; ++i) add(static_cast<Phase>(i), other.spent_[i]);
  row_bytes_ += other.row_bytes_;
  return *this;
}

void Profile::add_parallel(const Profile& threads, double seconds) {
  double sum = 0;
  for (const Spent& spent : threads.spent_) sum += spent.seconds;
  if (sum == 0) return;
  for (std::size_t i = 0; i < kPhases; ++i) {
    const Spent& spent = threads.spent_[i];
    add(static_cast<Phase>(i), {spent.seconds * seconds / sum, spent.multiplications});
  }
}

}  // namespace lora
