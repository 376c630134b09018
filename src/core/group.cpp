#include "lora/core/group.h"

#include <cstring>

namespace lora {

namespace {

template <class Number>
std::string bytes_of(std::span<const Number> numbers) {
  return {reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes()};
}

template <class Number>
void append(const std::string& bytes, std::vector<Number>& numbers) {
  const std::size_t before = numbers.size();
  numbers.resize(before + bytes.size() / sizeof(Number));
  if (!bytes.empty()) std::memcpy(numbers.data() + before, bytes.data(), bytes.size());
}

}  // namespace

std::vector<std::vector<double>> gather_wide(Group& group, std::span<const double> own) {
  std::vector<std::vector<double>> all;
  for (const std::string& bytes : group.gather(bytes_of(own))) append(bytes, all.emplace_back());
  return all;
}

std::vector<std::int32_t> gather_labels(Group& group, std::span<const std::int32_t> own) {
  std::vector<std::int32_t> all;
  for (const std::string& bytes : group.gather(bytes_of(own))) append(bytes, all);
  return all;
}

}  // namespace lora
