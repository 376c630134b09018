#include "lora/io/safetensors.h"

#include <filesystem>
#include <utility>

#include "io/bytes.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

using Shape = std::vector<std::uint64_t>;

std::string file_of(std::string_view header, std::string_view data = "") {
  return little_endian(header.size(), 8) + std::string(header) + std::string(data);
}

/// A header with one tensor `a`.
std::string header_of(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return R"({"a":{"dtype":")" + std::string(dtype) + R"(","shape":[)" + std::string(shape) +
         R"(],"data_offsets":[)" + std::string(offsets) + "]}}";
}

/// A file of its own each time: what is mapped must not change, and rewriting is slow on some
/// disks.
SafetensorsFile open(const TemporaryDirectory& directory, std::string_view content) {
  std::filesystem::remove(directory.path() / "x.safetensors");
  return SafetensorsFile(directory.write("x.safetensors", content));
}

/// Two tensors, the second of which stands first in the header, and metadata.
std::string small_file() {
  return file_of(R"({"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]},)"
                 R"("__metadata__":{"format":"pt"},)"
                 R"("a":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}})",
                 "12345678xyz");
}

/// Everything that the class promises of a file that it has accepted.
void check_promises(const SafetensorsFile& file) {
  const std::byte* next = file.tensors().empty() ? nullptr : file.tensors()[0].bytes.data();
  for (const SafetensorsEntry& entry : file.tensors()) {
    CHECK(file.find(entry.name) == &entry);
    CHECK(entry.bytes.data() == next);
    next += entry.bytes.size();
    if (!entry.dtype) continue;
    std::uint64_t size = size_of(*entry.dtype);
    for (const std::uint64_t dimension : entry.shape) size *= dimension;
    CHECK(entry.bytes.size() == size);
  }
}

}  // namespace

TEST_CASE("a safetensors file gives its tensors in data order", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const SafetensorsFile file = open(directory, small_file());
  REQUIRE(file.tensors().size() == 2);
  const SafetensorsEntry& a = file.tensors()[0];
  CHECK(a.name == "a");
  CHECK(a.dtype_name == "F32");
  CHECK(a.dtype == DType::f32);
  CHECK(a.shape == Shape{1, 2});
  CHECK(as_string(a.bytes) == "12345678");
  CHECK(file.find("a") == &a);
  CHECK(as_string(file.find("b")->bytes) == "xyz");
  CHECK(file.find("c") == nullptr);
  CHECK(file.find("__metadata__") == nullptr);
  CHECK(file.metadata() == std::map<std::string, std::string>{{"format", "pt"}});
}

TEST_CASE("a safetensors file can move", "[io][safetensors]") {
  const TemporaryDirectory directory;
  SafetensorsFile first = open(directory, small_file());
  SafetensorsFile second(std::move(first));
  check_promises(second);
  SafetensorsFile third = open(directory, file_of("{}"));
  third = std::move(second);
  check_promises(third);
  CHECK(as_string(third.find("b")->bytes) == "xyz");
}

TEST_CASE("files without tensors are valid", "[io][safetensors]") {
  const TemporaryDirectory directory;
  for (const std::string_view header :
       {"{}", "{}      ", R"({"__metadata__":{}})", R"({"__metadata__":null})",
        R"({"__metadata__":{"framework":"pt"}}     )", " \t\r\n{ } \r \t\n"}) {
    INFO(header);
    CHECK(open(directory, file_of(header)).tensors().empty());
  }
}

TEST_CASE("scalars, empty tensors and odd spellings are valid", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const struct {
    std::string header;
    std::string_view data;
    Shape shape;
  } cases[] = {
      {header_of("F32", "", "0,4"), "1234", {}},
      {header_of("F32", "2,0", "0,0"), "", {2, 0}},
      {header_of("F32", "0,18446744073709551615", "0,0"), "", {0, UINT64_MAX}},
      {header_of("F32", "1,2,3", "0,24") + "  ", "123456781234567812345678", {1, 2, 3}},
      {"\t\n " + header_of("U8", " 1 , 2 ", " 0 , 2 ") + "\r \t\n", "ab", {1, 2}},
      {R"({"\u0061":{"data_offsets":[0,1],"shape":[1],"dtype":"\u00558"}})", "a", {1}},
      {R"({"a":{"new":[{"shape":1},null,[-1.5e3]],"dtype":"U8","shape":[1],"x":{"y":{"z":1},"dtype":7},)"
       R"("data_offsets":[0,1],"y":"z","new":true}})",
       "a",
       {1}},
  };
  for (const auto& test : cases) {
    INFO(test.header);
    const SafetensorsFile file = open(directory, file_of(test.header, test.data));
    REQUIRE(file.find("a") != nullptr);
    CHECK(file.find("a")->shape == test.shape);
    CHECK(as_string(file.find("a")->bytes) == test.data);
  }
}

TEST_CASE("every type of the format is known by its size", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const struct {
    std::string_view name;
    std::size_t bits;
    std::optional<DType> dtype;
  } cases[] = {
      {"BOOL", 8, DType::boolean},
      {"F4", 4, {}},
      {"F6_E2M3", 6, {}},
      {"F6_E3M2", 6, {}},
      {"U8", 8, DType::u8},
      {"I8", 8, DType::i8},
      {"F8_E5M2", 8, {}},
      {"F8_E4M3", 8, {}},
      {"F8_E8M0", 8, {}},
      {"F8_E4M3FNUZ", 8, {}},
      {"F8_E5M2FNUZ", 8, {}},
      {"I16", 16, DType::i16},
      {"U16", 16, DType::u16},
      {"F16", 16, DType::f16},
      {"BF16", 16, DType::bf16},
      {"I32", 32, DType::i32},
      {"U32", 32, DType::u32},
      {"F32", 32, DType::f32},
      {"C64", 64, {}},
      {"F64", 64, DType::f64},
      {"I64", 64, DType::i64},
      {"U64", 64, DType::u64},
  };
  for (const auto& test : cases) {
    INFO(test.name);
    const std::string data(test.bits, 'x');  // eight elements
    const std::string header = header_of(test.name, "2,4", "0," + std::to_string(data.size()));
    const SafetensorsFile file = open(directory, file_of(header, data));
    CHECK(file.tensors()[0].dtype_name == test.name);
    CHECK(file.tensors()[0].dtype == test.dtype);
  }
}

TEST_CASE("empty tensors may lie between others", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const SafetensorsFile file =
      open(directory, file_of(R"({"c":{"dtype":"U8","shape":[2],"data_offsets":[1,3]},)"
                              R"("b":{"dtype":"U8","shape":[0],"data_offsets":[1,1]},)"
                              R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
                              "123"));
  check_promises(file);
  CHECK(file.tensors()[1].name == "b");
}

TEST_CASE("empty tensors at one place keep the order of the header", "[io][safetensors]") {
  const TemporaryDirectory directory;
  std::string header = "{";
  for (int i = 99; i >= 0; --i) {
    header += '"';
    header += std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    header += i > 0 ? "," : "}";
  }
  const SafetensorsFile file = open(directory, file_of(header));
  REQUIRE(file.tensors().size() == 100);
  for (std::size_t i = 0; i < 100; ++i) CHECK(file.tensors()[i].name == std::to_string(99 - i));
}

TEST_CASE("a broken safetensors file is refused with its own reason", "[io][safetensors]") {
  const TemporaryDirectory directory;
  std::string attack = "{";
  for (int i = 0; i < 10; ++i) {
    if (i > 0) attack += ',';
    attack += std::string("\"t") + std::to_string(i) +
              R"(":{"dtype":"I32","shape":[2,2],"data_offsets":[0,16]})";
  }
  attack += "}";
  const std::string sixteen(16, 'x');
  std::string eight_huge = "{";  // of 2^61 - 1 bytes each, so that the sum of all hardly fits
  for (std::uint64_t i = 0; i < 8; ++i) {
    const std::uint64_t size = (1ULL << 61U) - 1;
    if (i > 0) eight_huge += ',';
    eight_huge += '"' + std::to_string(i) + R"(":{"dtype":"U8","shape":[)" + std::to_string(size) +
                  R"(],"data_offsets":[)" + std::to_string(i * size) + ',' +
                  std::to_string((i + 1) * size) + "]}";
  }
  eight_huge += '}';
  const struct {
    std::string content;
    std::string_view reason;
  } cases[] = {
      {"", "has 0 bytes, fewer than the 8"},
      {"1234567", "has 7 bytes, fewer than the 8"},
      {little_endian(0x3C, 8),
       "the header claims 60 bytes after the 8 of its length, but the file has 8 in all; "
       "incomplete download?"},
      {little_endian(0xFFFFFF000000003C, 8), "but 100000000 are the most"},
      {little_endian(UINT64_MAX, 8) + "{}", "but 100000000 are the most"},
      {little_endian(100'000'001, 8) + "{}", "claims 100000001 bytes, but 100000000 are the most"},
      {little_endian(100'000'000, 8) + "{}", "but the file has 10 in all"},
      {little_endian(3, 8) + "{}",
       "the header claims 3 bytes after the 8 of its length, but the file has 10 in all"},
      {file_of("\xFF"), "not UTF-8 at its byte 1"},
      {file_of("{\"\xC3\"}"), "not UTF-8 at its byte 3"},
      {file_of(""), "not valid JSON at its byte 1"},
      {file_of("{"), "not valid JSON at its byte 2"},
      {file_of("{}x"), "not valid JSON at its byte 3, near '{}x'"},
      {file_of("{} {}"), "not valid JSON at its byte 4"},
      {file_of(R"({"a":})"), "not valid JSON"},
      {file_of(R"({"__metadata__":{},})"), "not valid JSON"},
      {file_of(R"({"\ud800":{}})"), "not valid JSON"},
      {file_of("{\"a\n\":{}}"), "not valid JSON"},
      {file_of("\f{}"), "not valid JSON"},
      {file_of("// none\n{}"), "not valid JSON"},
      {file_of("\xEF\xBB\xBF{}"), "starts with a byte order mark"},
      {file_of(std::string("{}\0\0", 4)), "has a zero byte, its byte 3"},
      {file_of("[]"), "the header is a list, not an object"},
      {file_of("null"), "the header is null"},
      {file_of("7"), "the header is a number"},
      {file_of(R"({"a":null})"), "'a' is null, not an object with dtype"},
      {file_of(R"({"a":["U8",[1],[0,1]]})", "x"), "'a' is a list, not an object with dtype"},
      {file_of(R"({"a":{}})"), "tensor 'a' has no 'dtype'"},
      {file_of(R"({"a":{"dtype":"U8","shape":[1]}})"), "tensor 'a' has no 'data_offsets'"},
      {file_of(R"({"a":{"dtype":"U8","data_offsets":[0,1]}})"), "tensor 'a' has no 'shape'"},
      {file_of(header_of("f32", "1", "0,4")), "dtype is 'f32', not a known one"},
      {file_of(header_of("F128", "1", "0,4")), "dtype is 'F128', not a known one"},
      {file_of(R"({"a":{"dtype":1}})"), "dtype is a number"},
      {file_of(R"({"a":{"dtype":null}})"), "dtype is null"},
      {file_of(header_of("U8", "-1", "0,1")), "shape has a negative number in it"},
      {file_of(header_of("U8", "-0", "0,0")), "shape has a negative number in it"},
      {file_of(header_of("U8", "1.0", "0,1")), "shape has '1.0' in it"},
      {file_of(header_of("U8", "1e0", "0,1")), "shape has '1e0' in it"},
      {file_of(header_of("U8", "18446744073709551616", "0,1")), "shape has '18446744073709551616'"},
      {file_of(header_of("U8", R"("1")", "0,1")), "shape has a string in it"},
      {file_of(header_of("U8", "true", "0,1")), "shape has a boolean in it"},
      {file_of(header_of("U8", "[1]", "0,1")), "shape has a list in it"},
      {file_of(header_of("U8", "{}", "0,1")), "shape has an object in it"},
      {file_of(R"({"a":{"shape":7}})"), "shape is a number, not a list of whole numbers"},
      {file_of(R"({"a":{"data_offsets":{}}})"), "data_offsets is an object, not a list"},
      {file_of(header_of("U8", "1", "")), "data_offsets has no number in it"},
      {file_of(header_of("U8", "1", "0")), "data_offsets has a single number in it"},
      {file_of(header_of("U8", "1", "0,1,2")), "data_offsets has a third number in it"},
      {file_of(header_of("U8", "1", "0,-1")), "data_offsets has a negative number in it"},
      {file_of(header_of("U8", "1", "0,1.5")), "data_offsets has '1.5' in it"},
      {file_of(R"({"__metadata__":{"a":1}})"), "__metadata__: 'a' is a number, not a string"},
      {file_of(R"({"__metadata__":{"a":null}})"), "__metadata__: 'a' is null, not a string"},
      {file_of(R"({"__metadata__":{"a":{}}})"), "__metadata__: 'a' is an object, not a string"},
      {file_of(R"({"__metadata__":["a"]})"), "'__metadata__' is a list, not an object of strings"},
      {file_of(R"({"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},)"
               R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}})"),
       "names 'a' twice"},
      {file_of(R"({"__metadata__":{},"__metadata__":{}})"), "names '__metadata__' twice"},
      {file_of(R"({"__metadata__":{"k":"1","k":"1"}})"), "__metadata__ has 'k' twice"},
      {file_of(R"({"a":{"shape":[0],"shape":[0]}})"), "tensor 'a' has 'shape' twice"},
      {file_of(header_of("U8", "1", "1,2"), "xx"), "offsets 1..2 leave a hole"},
      {file_of(header_of("U8", "1", "1,0"), "x"), "offsets 1..0 run backwards"},
      {file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
               R"("b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}})",
               "xxx"),
       "tensor 'b': offsets 2..3 leave a hole; the data before them ends at 1"},
      {file_of(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
               R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
               "xxx"),
       "tensor 'b': offsets 1..3 overlap another tensor"},
      {file_of(attack, sixteen), "overlap another tensor"},
      {file_of(header_of("I32", "2,2", "0,4"), "1234"),
       "(2, 2) I32 takes 16 bytes, but offsets 0..4 hold 4"},
      {file_of(header_of("I32", "2,18446744073709551614", "0,16"), sixteen),
       "the size of (2, 18446744073709551614) I32 does not fit 64 bits"},
      {file_of(header_of("I32", "2,9223372036854775807", "0,16"), sixteen),
       "the size of (2, 9223372036854775807) I32 does not fit 64 bits"},
      {file_of(header_of("F4", "1,3", "0,2"), "xx"), "the 12 bits of (1, 3) F4 do not fill whole"},
      {file_of(header_of("I32", "2,2", "0,16"), sixteen + "bogus"),
       "the tensors end at byte 16 of the data, but 5 bytes follow"},
      {file_of(header_of("I32", "2,2", "0,16"), sixteen.substr(2)),
       "tensor 'a': offsets 0..16 exceed the file: header and data take 81 bytes in all, but the "
       "file has 79; incomplete download?"},
      {file_of(eight_huge), "and data take 18446744073709551615 bytes in all, but the file has"},
      {file_of("{}", "x"), "the tensors end at byte 0 of the data, but 1 bytes follow"},
  };
  for (const auto& test : cases) {
    const std::string path = directory.write("bad.safetensors", test.content);
    const std::string message = error_of(ErrorKind::input, [&] { SafetensorsFile file(path); });
    INFO(message);
    INFO(test.reason);
    CHECK(message.starts_with("[safetensors] " + path + ": "));
    CHECK(contains(message, test.reason));
    CHECK_FALSE(contains(message, "\n"));
  }
}

TEST_CASE("deep nesting costs no stack", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const std::size_t depth = 300'000;
  const std::string start = R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":)";
  const std::string nested = start + std::string(depth, '[') + std::string(depth, ']') + "}}";
  CHECK(open(directory, file_of(nested, "x")).tensors().size() == 1);
  const std::string open_ended = file_of(start + std::string(depth, '['), "x");
  const std::string message = error_of(ErrorKind::input, [&] { open(directory, open_ended); });
  CHECK(contains(message, "not valid JSON"));
}

TEST_CASE("a long or hostile name is shown short and harmless", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const std::string name = R"(\u001b[31m)" + std::string(100'000, 'n');
  const std::string content = file_of("{\"" + name + "\":{}}");
  const std::string message = error_of(ErrorKind::input, [&] { open(directory, content); });
  CHECK(contains(message, "tensor '\\x1B[31mnnn"));
  CHECK(message.size() < 300);
}

TEST_CASE("a safetensors file cut short anywhere is refused", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const std::string whole = small_file();
  check_promises(open(directory, whole));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    INFO(length);
    CHECK_THROWS_AS(open(directory, whole.substr(0, length)), Error);
  }
}

TEST_CASE("one wrong byte in a header is refused or leaves a sound file", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const std::string whole = small_file();
  const std::size_t header_end = whole.size() - 11;
  std::size_t refused = 0;
  for (std::size_t position = 0; position < header_end; ++position) {
    for (const char byte : kNastyBytes) {
      std::string content = whole;
      content[position] = byte;
      INFO(position << ": " << static_cast<int>(byte));
      try {
        check_promises(open(directory, content));
      } catch (const Error& error) {
        CHECK(error.kind() == ErrorKind::input);
        ++refused;
      }
    }
  }
  CHECK(refused > header_end * kNastyBytes.size() / 2);
}
