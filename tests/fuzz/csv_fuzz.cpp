// Fuzzes the reading of text tables: as numbers, as words, and in chunks on several threads.
#include <vector>

#include "fuzz_input.h"
#include "lora/data/text_table.h"

namespace {

/// All columns as numbers, or as texts that are passed along too.
lora::ColumnChoice choice_of(const lora::TextTable& table, bool as_numbers) {
  lora::ColumnChoice choice;
  for (std::size_t i = 0; i < table.column_names().size(); ++i) {
    (as_numbers ? choice.numbers : choice.texts).push_back(i);
    if (!as_numbers) choice.kept.push_back(i);
  }
  return choice;
}

void read_table(const std::string& path, bool as_numbers, const lora::TableReading& reading) {
  lora::TextTable table(path, reading);
  table.choose(choice_of(table, as_numbers));
  constexpr lora::Index kRows = 3;
  for (lora::TableRows rows; table.read(kRows, rows) == kRows;) rows.clear();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const lora::fuzz::InputDirectory directory;
  const std::string path = directory.write("input.csv", data, size);
  for (const bool as_numbers : {true, false}) {
    lora::fuzz::read_or_refuse([&] { read_table(path, as_numbers, {}); });
    lora::fuzz::read_or_refuse([&] {
      read_table(path, as_numbers, {.threads = 2, .buffer_bytes = 16, .chunk_bytes = 8});
    });
  }
  return 0;
}
