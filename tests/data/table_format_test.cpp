#include "lora/data/table_format.h"

#include <optional>
#include <string>
#include <vector>

#include "support/catch.h"

using namespace lora;

namespace {

Record record_of(const std::string& text) {
  return {text, 1, text.find('"') != std::string::npos, '\n'};
}

std::vector<Cell> cells(const std::string& text) {
  if (text.empty()) return {};
  const std::string label = "a test";
  const Record record = record_of(text);
  return cells_of(record, ',', label);
}

}  // namespace

TEST_CASE("a header is told from data", "[data][table_format]") {
  struct Row {
    bool header;
    std::string first;
    std::string second;
  };
  const std::vector<Row> rows = {
      {true, "x1,x2,y", "1,2,3"},
      {true, "x1,x2,y", ""},
      {true, "x1,x2,y", "1,abc,3"},
      {true, "x1,x2,y", "NA,,inf"},
      {true, "name,city", "Ann,Rome"},
      {true, ",x1,x2", "0,1,2"},             // pandas with row numbers
      {true, ",0,1,2", "0,0.5,0.25,0.125"},  // … of an array
      {true, "0,1,2", "0.5,-1,3"},           // … without row numbers
      {true, "0,1,2,3,4,5,6,7", "9,0,3,5,0,0,1,4"},
      {true, "2019,2020,2021", "0.5,-0.25,3"},
      {true, "2019,2020", "120,131"},
      {true, ",2019,2020", "0,120,131"},
      {true, "0,1,target", "0.5,0.25,3"},
      {true, "1100.5,1102.5,1104.5,protein", "0.1,0.2,0.3,12"},  // wavelengths
      {true, "country,2019,2020", "France,1,2"},
      {true, "\"1\",\"2\"", "5,6"},  // R quotes names
      {true, "\"x\"", "1"},
      {true, "date,price", "2020-01-31,7"},
      {false, "1,2,3", "4,5,6"},
      {false, "1,2,3", ""},
      {false, "0,1,2", "4,5,6"},
      {false, "0,1", "0.5,0.25"},
      {false, "0,1,2", "-4,5,6"},
      {false, "0,1,2", ""},
      {false, "0,1,3", "0.5,1,2"},
      {false, "0.0,1.0,2.0", "0.5,1,2"},
      {false, "0,1,2,3,4,5,6", "9,0,3,5,0,0,1"},
      {false, "2019,2020,2021", "2018,2020,2021"},
      {false, "2019,2020,2021", ""},
      {false, "2019,1,5", "2020,0.5,3"},
      {false, "5.1,3.5,setosa", "4.9,3.0,setosa"},
      {false, "5.1,3.5,setosa", ""},
      {false, "5.1,3.5,setosa", "4.9,3.0,"},
      {false, "1,2,cat", "3,4,dog"},
      {false, "T,2,8,3", "I,5,12,3"},
      {false, "39,State-gov,77516", "50,Self-emp,83311"},
      {false, "2020-01-31,1,2", "2020-02-01,3,4"},
      {false, "0.5,-1.5,abc", "1,2,3"},  // a bad cell in the first row
      {false, "1e3,2,abc", "1,2,3"},
      {false, "1,nan,3", "4,5,6"},
      {false, "1,NA,3", "4,5,6"},
      {false, "1e39,2", "3,4"},
      {false, ",1,2", "3,4,5"},
      {false, "\"1\",\"2\"", "\"3\",\"4\""},
      {false, "1 2 3", "4 5 6"},
      {false, "5.1,TRUE", "4.9,FALSE"},
  };
  for (const Row& row : rows) {
    INFO(row.first << " / " << row.second);
    CHECK(is_header(cells(row.first), cells(row.second)) == row.header);
  }
}

TEST_CASE("the separator is the one that both records show", "[data][table_format]") {
  struct Row {
    char separator;
    std::string first;
    std::string second;
  };
  const std::vector<Row> rows = {
      {',', "a,b", "1,2"},
      {';', "a;b", "1;2"},
      {'\t', "a\tb", "1\t2"},
      {';', "a;b;c", "1,5;2,5;3,5"},
      {';', "1,5;2", "1;2"},
      {';', "1,5;2,5", "3,5;4,5"},
      {',', "time,temp;C,y", "1,2,3"},
      {',', "\"a;b\",c", "1,2"},
      {'\t', "a, b\tc", "1\t2"},
      {';', "a;b", "1;2;"},
      {';', "a;b", ""},
      {'|', "a|b", "1|2"},
      {'|', "1|2", ""},
      {'|', "id|a|b", "1|0,5|2,5"},
      {',', "a,b|c", "1,2"},
      {',', "a|b,c", "1|2,3"},
      {';', "a;b|c", "1;2|3"},
      {',', "\"a|b\",c", "1,2"},
      {',', "a", "1"},
      {',', "a", "1;2"},
  };
  for (const Row& row : rows) {
    INFO(row.first << " / " << row.second);
    const Record first = record_of(row.first);
    const Record second = record_of(row.second);
    CHECK(detect_separator(first, row.second.empty() ? nullptr : &second) == row.separator);
  }
}

TEST_CASE("a spreadsheet may announce the separator", "[data][table_format]") {
  CHECK(announced_separator(record_of("sep=;")) == ';');
  CHECK(announced_separator(record_of("sep=|")) == '|');
  CHECK(announced_separator(record_of("sep=\t")) == '\t');
  CHECK(announced_separator(record_of("Sep=;")) == ';');
  CHECK(announced_separator(record_of("\"sep=,\"")) == ',');
  CHECK(announced_separator(record_of("sep=.")) == std::nullopt);
  CHECK(announced_separator(record_of("sep=,x")) == std::nullopt);
  CHECK(announced_separator(record_of("set=;")) == std::nullopt);
}
