#include "lora/train/observer.h"

#include <bit>
#include <cstdint>
#include <sstream>

namespace lora {

/// A line for each figure; values are their bits, so that what is not a number has one too.
std::string text_of(const Figures& figures) {
  std::ostringstream text;
  for (const NamedValue& figure : figures) {
    text << std::bit_cast<std::uint64_t>(figure.value) << ' ' << figure.higher_is_better << ' '
         << figure.headline << ' ' << figure.name << ' ' << figure.label << '\n';
  }
  return text.str();
}

Figures figures_of(const std::string& text) {
  std::istringstream in(text);
  Figures figures;
  std::uint64_t bits = 0;
  NamedValue figure;
  while (in >> bits >> figure.higher_is_better >> figure.headline >> figure.name) {
    figure.value = std::bit_cast<double>(bits);
    std::getline(in >> std::ws, figure.label);
    figures.push_back(figure);
  }
  return figures;
}

}  // namespace lora
