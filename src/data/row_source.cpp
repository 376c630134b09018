#include "lora/data/row_source.h"

namespace lora {

void RowPiece::clear() {
  rows = 0;
  features.clear();
  targets.clear();
  weights.clear();
  label_texts.clear();
  label_numbers.clear();
  kept.clear();
}

std::string row_text(Index row) {
  return "row " + std::to_string(row) + " (the first is 0)";
}

}  // namespace lora
