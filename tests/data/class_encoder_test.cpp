#include "lora/data/class_encoder.h"

#include <string>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/processes.h"

using namespace lora;

namespace {

using Codes = std::vector<std::int32_t>;

/// Encodes texts as rows 0, 1, … of a file called "f".
Codes encoded(ClassEncoder& encoder, const std::vector<std::string>& labels) {
  Codes codes;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    codes.push_back(encoder.encode(labels[row], [&] { return "f:" + std::to_string(row); }));
  }
  encoder.finish(codes, "f");
  return codes;
}

Codes classes_of(const std::vector<std::string>& labels) {
  ClassEncoder encoder(std::nullopt, {});
  return encoded(encoder, labels);
}

std::string refusal(std::optional<Index> outputs, const std::vector<std::string>& names,
                    const std::vector<std::string>& labels) {
  ClassEncoder encoder(outputs, names);
  try {
    encoded(encoder, labels);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

bool says(const std::string& message, const std::vector<std::string>& parts) {
  CAPTURE(message);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
  return !message.empty();
}

}  // namespace

TEST_CASE("whole numbers are class indices as they stand", "[data][classes]") {
  CHECK(classes_of({"2", "0", "2", "5"}) == Codes{2, 0, 2, 5});
  CHECK(classes_of({"1.0", "0.0", "+2"}) == Codes{1, 0, 2});
  ClassEncoder encoder(std::nullopt, {});
  encoded(encoder, {"0", "3"});
  CHECK(encoder.names().empty());
  CHECK(encoder.classes() == 4);
}

TEST_CASE("words are sorted by code points and numbered in that order", "[data][classes]") {
  ClassEncoder encoder(std::nullopt, {});
  CHECK(encoded(encoder, {"setosa", "virginica", "Zebra", "ähre", "setosa", "a"}) ==
        Codes{2, 3, 0, 4, 2, 1});
  CHECK(encoder.names() == std::vector<std::string>{"Zebra", "a", "setosa", "virginica", "ähre"});
  CHECK(encoder.classes() == 5);
}

TEST_CASE("numbers beside words are names like them", "[data][classes]") {
  ClassEncoder encoder(std::nullopt, {});
  CHECK(encoded(encoder, {"10", "9", "unknown", "9", "-1"}) == Codes{1, 2, 3, 2, 0});
  CHECK(encoder.names() == std::vector<std::string>{"-1", "10", "9", "unknown"});
}

TEST_CASE("known names keep their order, and another name is refused", "[data][classes]") {
  ClassEncoder encoder(3, {"dog", "cat", "cow"});
  CHECK(encoded(encoder, {"cow", "cat", "dog"}) == Codes{2, 1, 0});
  CHECK(encoder.encode(std::int64_t{1}, [] { return "f"; }) == 1);
  CHECK(says(refusal(3, {"dog", "cat", "cow"}, {"dog", "caw"}), {"f:1", "'caw'", "'cow'", "3"}));
}

TEST_CASE("a number among known names means the name before it means an index", "[data][classes]") {
  ClassEncoder encoder(3, {"2", "7", "x"});
  CHECK(encoded(encoder, {"2", "7", "1"}) == Codes{0, 1, 1});
  CHECK(encoder.encode(std::int64_t{2}, [] { return "f"; }) == 0);
}

TEST_CASE("labels that cannot be classes are refused with their place", "[data][classes]") {
  CHECK(says(refusal(7, {}, {"0", "6", "7"}), {"f:2", "label 7", "0 to 6", "counted from 1"}));
  CHECK(says(refusal(7, {}, {"0", "-1"}), {"f:1", "label -1", "0 to 6"}));
  CHECK(says(refusal(std::nullopt, {}, {"0", "0.5"}), {"f:1", "label 0.5"}));
  CHECK(says(refusal(std::nullopt, {}, {"0", "99999999999"}), {"f:1", "99999999999"}));
  CHECK(says(refusal(std::nullopt, {}, {"cat", ""}), {"f:1", "empty"}));
}

TEST_CASE("a missing label is no class", "[data][classes]") {
  for (const std::string mark :
       {"nan", "NaN", "-nan", "NULL", "null", "#N/A", "<NA>", "NaT", "\\N"}) {
    CHECK(says(refusal(std::nullopt, {}, {"cat", mark}), {"f:1", "'" + mark + "'", "missing"}));
    CHECK(says(refusal(2, {}, {"0", mark}), {"f:1", "'" + mark + "'", "missing"}));
  }
  CHECK(classes_of({"None", "NA", "+", "-", "?"}) == Codes{4, 3, 0, 1, 2});  // these may be
  ClassEncoder encoder(2, {"NULL", "x"});
  CHECK(encoded(encoder, {"x", "NULL"}) == Codes{1, 0});
}

TEST_CASE("a few rows make no millions of classes", "[data][classes]") {
  CHECK(says(refusal(std::nullopt, {}, {"0", "16777215", "3"}),
             {"f:1", "label 16777215", "16777216 classes of 3 rows", "identifier"}));
  CHECK(says(refusal(std::nullopt, {}, {"1000"}), {"f:0", "label 1000"}));
  CHECK(classes_of({"999", "0"}) == Codes{999, 0});
  CHECK(classes_of({"16777215", "word"}) == Codes{0, 1});  // both are names
  CHECK(refusal(5000, {}, {"4999"}).empty());
  std::vector<std::string> many(200, "0");
  many.back() = "1999";
  CHECK(classes_of(many).back() == 1999);
}

TEST_CASE("as many words as outputs are needed", "[data][classes]") {
  ClassEncoder encoder(2, {});
  CHECK(encoded(encoder, {"no", "yes"}) == Codes{0, 1});
  CHECK(says(refusal(2, {}, {"a", "b", "c"}), {"3 classes", "'a'", "2 outputs"}));
  CHECK(says(refusal(3, {}, {"a", "b"}), {"2 classes", "3 outputs"}));
}

TEST_CASE("words without a known order have no final code before the end", "[data][classes]") {
  ClassEncoder encoder(2, {});
  encoder.encode("1", [] { return "f"; });
  CHECK(encoder.is_final());
  encoder.encode("yes", [] { return "f:9"; });
  CHECK_FALSE(encoder.is_final());
  CHECK_THROWS_WITH(encoder.check_final(), Catch::Contains("f:9") && Catch::Contains("'yes'"));
}

TEST_CASE("processes agree on the classes of labels that each has seen a part of",
          "[data][class_encoder]") {
  const std::vector<std::vector<std::string>> labels = {{"b", "3.0"}, {"3", "a", "b"}, {"c"}};
  std::vector<Codes> codes(3);
  std::vector<std::vector<std::string>> names(3);
  test::run_processes(3, [&](Group& group) {
    const auto rank = static_cast<std::size_t>(group.rank());
    ClassEncoder encoder(std::nullopt, {});
    for (const std::string& label : labels[rank]) {
      codes[rank].push_back(encoder.encode(label, [] { return "f"; }));
    }
    encoder.share(group);
    encoder.finish(codes[rank], "f");
    names[rank] = encoder.names();
  });
  CHECK(codes == std::vector<Codes>{{2, 0}, {0, 1, 2}, {3}});
  for (const auto& own : names) CHECK(own == std::vector<std::string>{"3.0", "a", "b", "c"});
}

TEST_CASE("processes count the classes of all of them", "[data][class_encoder]") {
  std::vector<Index> classes(2);
  test::run_processes(2, [&](Group& group) {
    ClassEncoder encoder(std::nullopt, {});
    Codes codes = {encoder.encode(group.is_first() ? 1 : 4, [] { return "f"; })};
    encoder.share(group);
    encoder.finish(codes, "f");
    classes[static_cast<std::size_t>(group.rank())] = encoder.classes();
  });
  CHECK(classes == std::vector<Index>{5, 5});
}
