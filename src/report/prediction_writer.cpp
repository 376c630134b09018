#include "lora/report/prediction_writer.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <utility>

#include "lora/io/npy_writer.h"

namespace lora {

namespace {

constexpr std::size_t kLongestNumber = 32;

std::span<const std::byte> as_bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

bool needs_quotes(std::string_view text, char separator) {
  return text.find_first_of("\"\r\n") != std::string_view::npos ||
         text.find(separator) != std::string_view::npos ||
         (!text.empty() && (text.front() == ' ' || text.back() == ' '));
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

/// The shortest text that is read back as the same float.
std::string_view shortest(float value, std::array<char, kLongestNumber>& memory) {
  const auto result = std::to_chars(memory.data(), memory.data() + memory.size(), value);
  return {memory.data(), static_cast<std::size_t>(result.ptr - memory.data())};
}

}  // namespace

TextPredictions::TextPredictions(PredictionColumns columns, char separator, bool with_header,
                                 Sink sink)
    : columns_(std::move(columns)), separator_(separator), sink_(std::move(sink)) {
  if (!with_header) return;
  for (const auto* names : {&columns_.kept, &columns_.predicted}) {
    for (const std::string& name : *names) add_field(name);
  }
  end_line();
}

void TextPredictions::add_field(std::string_view text) {
  if (line_begun_) lines_ += separator_;
  line_begun_ = true;
  if (needs_quotes(text, separator_)) {
    lines_ += quoted(text);
  } else {
    lines_ += text;
  }
}

void TextPredictions::end_line() {
  lines_ += '\n';
  line_begun_ = false;
}

void TextPredictions::write(const Predictions& predictions) {
  const std::size_t kept = columns_.kept.size();
  std::array<char, kLongestNumber> memory{};
  for (Index row = 0; row < predictions.rows(); ++row) {
    const auto i = static_cast<std::size_t>(row);
    for (std::size_t k = 0; k < kept; ++k) add_field(predictions.kept[i * kept + k]);
    for (Index col = 0; col < predictions.numbers.cols(); ++col) {
      add_field(shortest(static_cast<float>(predictions.numbers(row, col)), memory));
    }
    if (predictions.numbers.size() == 0) {
      const std::int32_t index = predictions.classes[i];
      add_field(columns_.class_names.empty()
                    ? std::to_string(index)
                    : columns_.class_names[static_cast<std::size_t>(index)]);
    }
    end_line();
  }
  flush();
}

void TextPredictions::flush() {
  sink_(lines_);
  lines_.clear();
}

TextFilePredictions::TextFilePredictions(const std::string& path, PredictionColumns columns,
                                         char separator, bool with_header)
    : file_(path), text_(std::move(columns), separator, with_header, [this](std::string_view text) {
        file_.write(as_bytes_of(text));
      }) {}

void TextFilePredictions::finish() {
  text_.finish();
  file_.close_and_check();
  file_.commit();
}

NpyPredictions::NpyPredictions(const std::string& path) : file_(path) {
  file_.write(as_bytes_of(npy_header(DType::f32, {0, 0})));
}

void NpyPredictions::write(const Predictions& predictions) {
  rows_ += predictions.rows();
  columns_ = predictions.numbers.cols();
  if (columns_ == 0) {
    const std::vector<std::int64_t> classes(predictions.classes.begin(), predictions.classes.end());
    file_.write(std::as_bytes(std::span(classes)));
    return;
  }
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> numbers =
      predictions.numbers.cast<float>();
  file_.write(std::as_bytes(std::span(numbers.data(), static_cast<std::size_t>(numbers.size()))));
}

void NpyPredictions::finish() {
  const auto rows = static_cast<std::uint64_t>(rows_);
  const auto columns = static_cast<std::uint64_t>(columns_);
  file_.rewrite_start(as_bytes_of(columns == 0 ? npy_header(DType::i64, {rows})
                                               : npy_header(DType::f32, {rows, columns})));
  file_.close_and_check();
  file_.commit();
}

}  // namespace lora
