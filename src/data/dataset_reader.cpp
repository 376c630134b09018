#include "lora/data/dataset_reader.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/text.h"
#include "lora/data/array_source.h"
#include "lora/data/paired_source.h"
#include "lora/data/table_source.h"

namespace lora {

namespace {

constexpr std::array kReaders = {
    ReaderKind{".csv", "text, its columns separated by commas, semicolons, tabs or bars",
               TableSource::open, TableSource::open_targets},
    ReaderKind{".tsv", "text, its columns separated by tabs", TableSource::open,
               TableSource::open_targets},
    ReaderKind{".npy", "an array of NumPy's", ArraySource::open, ArraySource::open_targets},
    ReaderKind{".npz", "an archive of NumPy's arrays: FILE:ARRAY", ArraySource::open,
               ArraySource::open_targets},
    ReaderKind{".safetensors", "an array of a weight file: FILE:TENSOR", ArraySource::open,
               ArraySource::open_targets},
};

/// The kind of a file by the ending of its name, or null. "-" is a table.
const ReaderKind* kind_of(const std::string& name) {
  if (name == "-") return kReaders.data();
  const std::string file = split_file_and_name(name).file;
  for (const ReaderKind& reader : kReaders) {
    if (ends_in(file, reader.extension)) return &reader;
  }
  return nullptr;
}

/// Files that are no data here, and what to do with them.
struct OtherKind {
  std::string_view extension;
  std::string_view remedy;
};
constexpr std::string_view kUnpack = "; unpack it first, or pipe a table: gunzip -c FILE | … -";
constexpr std::string_view kExport = "; export the table as CSV";
constexpr std::string_view kSaveArrays =
    "; save its tensors as .safetensors, or its arrays with NumPy as .npy";
constexpr std::array kOthers = {
    OtherKind{".gz", kUnpack},
    OtherKind{".bz2", "; unpack it first"},
    OtherKind{".xz", "; unpack it first"},
    OtherKind{".zst", "; unpack it first"},
    OtherKind{".zip", "; unpack it first"},
    OtherKind{".xlsx", kExport},
    OtherKind{".xls", kExport},
    OtherKind{".ods", kExport},
    OtherKind{".parquet", kExport},
    OtherKind{".feather", kExport},
    OtherKind{".pt", kSaveArrays},
    OtherKind{".pth", kSaveArrays},
    OtherKind{".ckpt", kSaveArrays},
    OtherKind{".pkl", kSaveArrays},
    OtherKind{".h5", kSaveArrays},
    OtherKind{".hdf5", kSaveArrays},
    OtherKind{".mat", kSaveArrays},
    OtherKind{".txt", "; if it is a table, name it .csv, or pipe it to -"},
    OtherKind{".data", "; if it is a table, name it .csv, or pipe it to -"},
    OtherKind{".dat", "; if it is a table, name it .csv, or pipe it to -"},
};

std::string_view remedy_for(const std::string& name) {
  const std::string file = split_file_and_name(name).file;
  const auto found = std::ranges::find_if(
      kOthers, [&](const OtherKind& other) { return ends_in(file, other.extension); });
  return found == kOthers.end() ? "" : found->remedy;
}

std::string extensions() {
  std::string text;
  for (const ReaderKind& reader : kReaders) {
    text += (text.empty() ? "" : ", ") + std::string(reader.extension);
  }
  return text;
}

std::unique_ptr<RowSource> open(const DatasetRequest& request) {
  const ReaderKind& kind = reader_kind(request.data);
  if (!is_target_file(request.target)) {
    const bool is_table = kind.open == TableSource::open;
    if (is_table || request.target.empty()) return kind.open(request);
    const std::string file = split_file_and_name(request.data).file;
    throw Error(ErrorKind::input, request.data,
                ": an array has no columns with names, so the target '", request.target,
                "' must be an array of its own, as in --target ",
                ends_in(file, ".npy") ? "y.npy" : file + ":" + request.target);
  }
  if (request.target == request.data) {
    throw Error(ErrorKind::usage, "--target ", request.target,
                ": is the file of the features too; name the columns or the array to predict");
  }
  DatasetRequest features = request;
  features.target.clear();
  features.parts_match = true;
  DatasetRequest targets = request;
  targets.parts_match = true;
  return std::make_unique<PairedSource>(kind.open(features),
                                        reader_kind(request.target).open_targets(targets));
}

Matrix as_matrix(const std::vector<Real>& values, Index rows) {
  if (values.empty()) return {};
  const Index cols = static_cast<Index>(values.size()) / rows;
  return ViewMap(values.data(), rows, cols, Eigen::OuterStride<>(cols));
}

/// Of few wide rows or many narrow ones, so that a piece takes little memory.
Index rows_at_once(const SourceFacts& facts) {
  constexpr Index kNumbersAtOnce = Index{1} << 20;
  return std::clamp<Index>(kNumbersAtOnce / (facts.features + facts.targets), 1, kRowsAtOnce);
}

/// A matrix whose rows come in pieces. It is made twice as large when it is full: where it is large
/// the system moves its pages without a copy, and has none yet for rows that are still to come.
class GrowingMatrix {
 public:
  /// `values` are `rows` rows, row-major; or none ever.
  void append(const std::vector<Real>& values, Index rows) {
    if (values.empty()) return;
    const Index cols = static_cast<Index>(values.size()) / rows;
    if (rows_ + rows > matrix_.rows()) {
      matrix_.conservativeResize(std::max(rows_ + rows, 2 * rows_), cols);
    }
    std::ranges::copy(values, matrix_.data() + rows_ * cols);
    rows_ += rows;
  }

  /// All rows, and no room for more.
  Matrix take() {
    matrix_.conservativeResize(rows_, matrix_.cols());
    return std::move(matrix_);
  }

 private:
  Matrix matrix_;
  Index rows_ = 0;
};

/// Their sum is divided by: it must be above 0, and so must one over it in float32.
void check_weights(const std::vector<Real>& weights, const std::string& label, Group& group) {
  constexpr double kLeast = 1e-20;
  if (weights.empty()) return;
  const auto own = static_cast<double>(std::ranges::max(weights));
  const double largest = std::ranges::max(gather_wide(group, {&own, 1})).front();
  if (largest >= kLeast) return;
  throw Error(ErrorKind::input, label, ": ",
              largest == 0 ? "every row has the weight 0" : "the weights are all below 1e-20",
              "; a row of weight 1 counts once");
}

/// Where these rows are among those of all processes.
void find_place(Dataset& data, Group& group) {
  const auto own = static_cast<double>(data.rows());
  const std::vector<std::vector<double>> counts = gather_wide(group, {&own, 1});
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    const auto rows = static_cast<Index>(counts[rank].front());
    if (static_cast<int>(rank) < group.rank()) data.first += rows;
    if (static_cast<int>(rank) != group.rank()) data.elsewhere += rows;
  }
}

}  // namespace

std::span<const ReaderKind> reader_kinds() {
  return kReaders;
}

const ReaderKind& reader_kind(const std::string& name) {
  if (const ReaderKind* kind = kind_of(name)) return *kind;
  throw Error(ErrorKind::input, name, ": the kinds of data that are read are ", extensions(),
              ", and this name ends in none of them", remedy_for(name));
}

bool is_target_file(std::string_view target) {
  return target != "-" && kind_of(std::string(target)) != nullptr;
}

DatasetReader::DatasetReader(const DatasetRequest& request)
    : source_(open(request)), encoder_(request.outputs, request.class_names) {}

void DatasetReader::encode(const RowPiece& piece, std::vector<std::int32_t>& codes) {
  Index row = 0;
  const ClassEncoder::Place place = [&] { return source_->place(row); };
  for (; row < static_cast<Index>(piece.label_texts.size()); ++row) {
    codes.push_back(encoder_.encode(piece.label_texts[static_cast<std::size_t>(row)], place));
  }
  for (; row < static_cast<Index>(piece.label_numbers.size()); ++row) {
    codes.push_back(encoder_.encode(piece.label_numbers[static_cast<std::size_t>(row)], place));
  }
}

bool DatasetReader::read_piece(Index max_rows) {
  if (!source_->read(max_rows, piece_)) return false;
  if (facts().task == Task::multilabel) check_shares();
  return true;
}

/// Whether the targets of the piece can say if a row has a label, or how likely it is.
void DatasetReader::check_shares() const {
  const std::vector<std::string>& names = facts().target_names;
  for (std::size_t i = 0; i < piece_.targets.size(); ++i) {
    const Real target = piece_.targets[i];
    if (target >= 0 && target <= 1) continue;
    const std::size_t column = i % static_cast<std::size_t>(facts().targets);
    throw Error(ErrorKind::input, source_->place(static_cast<Index>(i) / facts().targets),
                ": target column ",
                names.empty() ? std::to_string(column + 1) : in_quotes(names[column]), " is ",
                target,
                ", but with several labels a row it must be 1 where the row has the label, "
                "0 where it has not, or how likely it is");
  }
}

bool DatasetReader::read(Index max_rows, Dataset& data) {
  if (!read_piece(max_rows)) return false;
  data.features = as_matrix(piece_.features, piece_.rows);
  data.targets = as_matrix(piece_.targets, piece_.rows);
  data.labels.clear();
  encode(piece_, data.labels);
  encoder_.check_final();
  data.classes = encoder_.classes();
  data.weights.swap(piece_.weights);
  data.kept.swap(piece_.kept);
  return true;
}

std::vector<std::string> DatasetReader::scan_class_names() {
  std::vector<std::int32_t> codes;
  for (; source_->read(kRowsAtOnce, piece_); codes.clear()) encode(piece_, codes);
  encoder_.finish(codes, facts().label);
  return encoder_.names();
}

Dataset DatasetReader::read_all() {
  SingleProcess alone;
  return read_all(alone);
}

Dataset DatasetReader::read_all(Group& group) {
  Dataset data;
  GrowingMatrix features;
  GrowingMatrix targets;
  std::optional<RowMatrix> mapped = source_->map_features();
  Index rows = 0;
  const Index at_once = rows_at_once(facts());
  while (read_piece(at_once)) {
    rows += piece_.rows;
    if (!mapped) features.append(piece_.features, piece_.rows);
    targets.append(piece_.targets, piece_.rows);
    data.weights.insert(data.weights.end(), piece_.weights.begin(), piece_.weights.end());
    encode(piece_, data.labels);
  }
  if (rows == 0) {
    const std::string number = std::to_string(group.size());
    throw Error(ErrorKind::input, facts().label,
                group.size() == 1 ? ": holds no rows"
                                  : ": holds less rows than the " + number + " processes");
  }
  check_weights(data.weights, facts().label, group);
  data.features = mapped ? std::move(*mapped) : RowMatrix(features.take());
  data.targets = targets.take();
  find_place(data, group);
  if (!data.labels.empty()) encoder_.share(group);
  encoder_.finish(data.labels, facts().label);
  data.classes = encoder_.classes();
  return data;
}

}  // namespace lora
