#include "lora/data/dataset_reader.h"

#include <array>

#include "lora/core/error.h"
#include "lora/core/table.h"
#include "lora/data/npy_reader.h"
#include "lora/data/table_reader.h"

namespace lora {

namespace {

constexpr std::array kReaders = {
    ReaderKind{".csv", "delimited text, by comma, semicolon or tab", read_table_dataset},
    ReaderKind{".tsv", "delimited text, by tab", read_table_dataset},
    ReaderKind{".npy", "an array of NumPy's", read_npy_dataset},
};

std::string extensions() {
  std::string text;
  for (const ReaderKind& reader : kReaders) {
    text += (text.empty() ? "" : ", ") + std::string(reader.extension);
  }
  return text;
}

}  // namespace

std::span<const ReaderKind> reader_kinds() {
  return kReaders;
}

Dataset read_dataset(const DatasetRequest& request) {
  for (const ReaderKind& reader : kReaders) {
    if (request.data.ends_with(reader.extension)) return reader.read(request);
  }
  throw Error(ErrorKind::input, request.data, ": the kinds of data that are read are ",
              extensions(), ", and this name ends in none of them");
}

}  // namespace lora
