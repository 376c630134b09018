// Features of one file beside targets of another.
#pragma once

#include <memory>

#include "lora/data/row_source.h"

namespace lora {

class PairedSource : public RowSource {
 public:
  /// Throws Error(input) if both know their numbers of rows and these differ.
  PairedSource(std::unique_ptr<RowSource> features, std::unique_ptr<RowSource> targets);

  /// Throws Error(input) if one ends before the other.
  bool read(Index max_rows, RowPiece& piece) override;
  std::optional<RowMatrix> map_features() override { return features_->map_features(); }
  std::string place(Index i) const override { return targets_->place(i); }

 private:
  [[noreturn]] void throw_lengths(Index features, Index targets) const;

  std::unique_ptr<RowSource> features_;
  std::unique_ptr<RowSource> targets_;
  RowPiece target_piece_;
  Index rows_ = 0;  // so far
};

}  // namespace lora
