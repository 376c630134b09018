// Predictions as a table of text or as an array.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lora/core/matrix.h"
#include "lora/io/atomic_file.h"

namespace lora {

/// What is written for some rows: numbers, or classes if `numbers` is empty.
struct Predictions {
  Matrix numbers;                     ///< (rows, columns)
  std::vector<std::int32_t> classes;  ///< a class index a row
  std::vector<std::string> kept;      ///< texts passed along, row after row

  Index rows() const {
    return numbers.size() != 0 ? numbers.rows() : static_cast<Index>(classes.size());
  }
};

/// The columns, in their order.
struct PredictionColumns {
  std::vector<std::string> kept;
  std::vector<std::string> predicted;
  std::vector<std::string> class_names;  ///< in place of indices; may be empty
};

class PredictionWriter {
 public:
  virtual ~PredictionWriter() = default;

  /// Appends rows.
  virtual void write(const Predictions& predictions) = 0;

  /// After the last row. Throws Error(output) if it cannot be written; what was there stays then.
  virtual void finish() {}
};

/// Text, a line a row; numbers have as many digits as it takes to read the same float32 again.
class TextPredictions : public PredictionWriter {
 public:
  using Sink = std::function<void(std::string_view)>;

  TextPredictions(PredictionColumns columns, char separator, bool with_header, Sink sink);

  void write(const Predictions& predictions) override;
  void finish() override { flush(); }

 private:
  void flush();
  void add_field(std::string_view text);
  void end_line();

  PredictionColumns columns_;
  char separator_;
  Sink sink_;
  std::string lines_;
  bool line_begun_ = false;
};

/// The same in a file, which appears when it is complete.
class TextFilePredictions : public PredictionWriter {
 public:
  TextFilePredictions(const std::string& path, PredictionColumns columns, char separator,
                      bool with_header);

  void write(const Predictions& predictions) override { text_.write(predictions); }
  void finish() override;

 private:
  AtomicFile file_;
  TextPredictions text_;
};

/// A .npy file: float32 (rows, columns), or the classes as int64 (rows,).
class NpyPredictions : public PredictionWriter {
 public:
  explicit NpyPredictions(const std::string& path);

  void write(const Predictions& predictions) override;
  void finish() override;

 private:
  AtomicFile file_;
  Index rows_ = 0;
  Index columns_ = 0;  // 0: classes
};

}  // namespace lora
