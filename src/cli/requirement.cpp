#include "requirement.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <string_view>

#include <spdlog/fmt/fmt.h>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "setting.h"

namespace lora::cli {

namespace {

struct Comparison {
  std::string_view sign;
  bool (*holds)(double, double);
};

// Longer signs first, so that <= is not read as <.
constexpr std::array kComparisons = {
    Comparison{"<=", [](double a, double b) { return a <= b; }},
    Comparison{">=", [](double a, double b) { return a >= b; }},
    Comparison{"<", [](double a, double b) { return a < b; }},
    Comparison{">", [](double a, double b) { return a > b; }},
};

struct Requirement {
  std::string figure;
  const Comparison* comparison;
  double bound;
};

std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

Requirement parse(const std::string& given) {
  const std::string text = without_blanks(given);
  for (const Comparison& comparison : kComparisons) {
    const std::size_t at = text.find(comparison.sign);
    if (at == std::string::npos || at == 0) continue;
    const double least = std::numeric_limits<double>::lowest();
    return {text.substr(0, at), &comparison,
            parse_real("require", text.substr(at + comparison.sign.size()), {least})};
  }
  throw Error(ErrorKind::usage, "--require '", given,
              "': it must be a figure, one of < <= > >=, and a number, as in 'val_loss<0.4'");
}

}  // namespace

void check_requirements(const std::vector<std::string>& texts,
                        const std::vector<std::string>& known) {
  for (const std::string& text : texts) {
    const std::string figure = parse(text).figure;
    if (std::ranges::find(known, figure) != known.end()) continue;
    throw Error(ErrorKind::usage, unknown_name("figure of --require", figure, known));
  }
}

std::vector<std::string> required_figures(const std::vector<std::string>& texts) {
  std::vector<std::string> figures;
  figures.reserve(texts.size());
  for (const std::string& text : texts) figures.push_back(parse(text).figure);
  return figures;
}

std::vector<std::string> broken_requirements(const std::vector<std::string>& texts,
                                             const Figures& figures) {
  std::vector<std::string> broken;
  for (const std::string& text : texts) {
    const Requirement requirement = parse(text);
    const auto figure = std::ranges::find(figures, requirement.figure, &NamedValue::name);
    if (figure == figures.end()) {
      std::vector<std::string> known;
      for (const NamedValue& value : figures) known.push_back(value.name);
      throw Error(ErrorKind::usage, unknown_name("figure of --require", requirement.figure, known));
    }
    if (requirement.comparison->holds(figure->value, requirement.bound)) continue;
    broken.push_back(
        fmt::format("--require '{}' does not hold: {} is {}", text, figure->name, figure->value));
  }
  return broken;
}

}  // namespace lora::cli
