#include "lora/data/paired_source.h"

#include <utility>

#include "lora/core/error.h"

namespace lora {

PairedSource::PairedSource(std::unique_ptr<RowSource> features, std::unique_ptr<RowSource> targets)
    : features_(std::move(features)), targets_(std::move(targets)) {
  facts_ = features_->facts();
  const SourceFacts& other = targets_->facts();
  facts_.targets = other.targets;
  facts_.task = other.task;
  facts_.target_names = other.target_names;
  if (facts_.rows && other.rows && *facts_.rows != *other.rows) {
    throw_lengths(*facts_.rows, *other.rows);
  }
  if (!facts_.rows) facts_.rows = other.rows;
}

bool PairedSource::read(Index max_rows, RowPiece& piece) {
  features_->read(max_rows, piece);
  targets_->read(max_rows, target_piece_);
  if (piece.rows != target_piece_.rows) {
    throw_lengths(rows_ + piece.rows, rows_ + target_piece_.rows);
  }
  rows_ += piece.rows;
  piece.targets.swap(target_piece_.targets);
  piece.label_texts.swap(target_piece_.label_texts);
  piece.label_numbers.swap(target_piece_.label_numbers);
  return piece.rows > 0;
}

/// The shorter number is that file's own; the longer one may go on.
void PairedSource::throw_lengths(Index features, Index targets) const {
  const bool known = features_->facts().rows && targets_->facts().rows;
  const std::string& features_file = features_->facts().label;
  const std::string& targets_file = targets_->facts().label;
  const auto count = [&](Index rows, Index other) {
    return (known || rows < other ? "" : "at least ") + std::to_string(rows) + " rows";
  };
  throw Error(ErrorKind::input, targets_file, ": ", count(targets, features), ", but ",
              features_file, " has ", count(features, targets));
}

}  // namespace lora
