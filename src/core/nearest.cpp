#include "lora/core/nearest.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace lora {

namespace {

// Shorter names are contained in too many others to mean anything.
constexpr std::size_t kShortestPart = 3;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// Edit distance with swaps of neighbours, where no part is edited twice; row by row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);  // the row for a's first i - 2 letters
  std::vector<std::size_t> above(b.size() + 1);   // … and for i - 1
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(above);
    above.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

bool contains_the_other(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  return b.size() >= kShortestPart && a.find(b) != std::string_view::npos;
}

}  // namespace

std::string nearest(std::string_view word, const std::vector<std::string>& known) {
  const std::string wanted = lower(word);
  std::size_t smallest = std::numeric_limits<std::size_t>::max();
  std::string result;
  for (const std::string& name : known) {
    const std::string candidate = lower(name);
    const std::size_t limit = std::max(wanted.size(), candidate.size()) / 3;
    const std::size_t difference =
        std::max(wanted.size(), candidate.size()) - std::min(wanted.size(), candidate.size());
    const bool part = contains_the_other(wanted, candidate);
    if (!part && difference > limit) continue;
    const std::size_t distance = part ? difference : edit_distance(wanted, candidate);
    if ((part || distance <= limit) && distance < smallest) {
      smallest = distance;
      result = name;
    }
  }
  return result;
}

}  // namespace lora
