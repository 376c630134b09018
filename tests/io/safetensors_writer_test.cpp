#include <cstring>

#include "io/bytes.h"
#include "lora/io/safetensors.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

// The expected files were written by the format's own Python package, version 0.8.0.

namespace {

using Metadata = std::map<std::string, std::string>;

SafetensorsTensor tensor(std::string name, DType dtype, std::vector<std::uint64_t> shape,
                         std::string_view data) {
  return {std::move(name), dtype, std::move(shape), as_bytes(data)};
}

std::string written(std::vector<SafetensorsTensor> tensors, const Metadata& metadata = {}) {
  return as_string(safetensors_bytes(std::move(tensors), metadata));
}

}  // namespace

TEST_CASE("an adapter is written byte for byte as by the reference", "[io][safetensors]") {
  const std::string a = from_hex("0000003f000080bf00000040");
  const std::string b = from_hex("0000404000008040");
  CHECK(written({tensor("lora_B.weight", DType::f32, {2, 1}, b),
                 tensor("lora_A.weight", DType::f32, {1, 3}, a)},
                {{"format", "pt"}}) ==
        little_endian(176, 8) +
            R"({"__metadata__":{"format":"pt"},)"
            R"("lora_A.weight":{"dtype":"F32","shape":[1,3],"data_offsets":[0,12]},)"
            R"("lora_B.weight":{"dtype":"F32","shape":[2,1],"data_offsets":[12,20]}}       )" +
            a + b);
}

TEST_CASE("wide types are written before narrow ones", "[io][safetensors]") {
  const DType dtypes[] = {DType::boolean, DType::u8,   DType::i8,  DType::i16, DType::u16,
                          DType::f16,     DType::bf16, DType::i32, DType::u32, DType::f32,
                          DType::f64,     DType::i64,  DType::u64};
  std::vector<std::string> data;
  for (const DType dtype : dtypes) {
    data.emplace_back(size_of(dtype), static_cast<char>(data.size() + 1));
  }
  std::vector<SafetensorsTensor> tensors;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const std::string name = (i < 10 ? "t0" : "t") + std::to_string(i);
    tensors.push_back(tensor(name, dtypes[i], {1}, data[i]));
  }
  CHECK(written(tensors) ==
        little_endian(744, 8) +
            R"({"t12":{"dtype":"U64","shape":[1],"data_offsets":[0,8]},)"
            R"("t11":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},)"
            R"("t10":{"dtype":"F64","shape":[1],"data_offsets":[16,24]},)"
            R"("t09":{"dtype":"F32","shape":[1],"data_offsets":[24,28]},)"
            R"("t08":{"dtype":"U32","shape":[1],"data_offsets":[28,32]},)"
            R"("t07":{"dtype":"I32","shape":[1],"data_offsets":[32,36]},)"
            R"("t06":{"dtype":"BF16","shape":[1],"data_offsets":[36,38]},)"
            R"("t05":{"dtype":"F16","shape":[1],"data_offsets":[38,40]},)"
            R"("t04":{"dtype":"U16","shape":[1],"data_offsets":[40,42]},)"
            R"("t03":{"dtype":"I16","shape":[1],"data_offsets":[42,44]},)"
            R"("t02":{"dtype":"I8","shape":[1],"data_offsets":[44,45]},)"
            R"("t01":{"dtype":"U8","shape":[1],"data_offsets":[45,46]},)"
            R"("t00":{"dtype":"BOOL","shape":[1],"data_offsets":[46,47]}}     )" +
            from_hex("0d0d0d0d0d0d0d0d0c0c0c0c0c0c0c0c0b0b0b0b0b0b0b0b0a0a0a0a09090909080808080707"
                     "060605050404030201"));
}

TEST_CASE("names of one type are written in byte order", "[io][safetensors]") {
  CHECK(written({tensor("b", DType::u8, {1}, "b"), tensor("a", DType::u8, {1}, "a"),
                 tensor("B", DType::u8, {1}, "B"), tensor("é", DType::u8, {1}, "e"),
                 tensor("a.b", DType::u8, {1}, "c")}) ==
        little_endian(264, 8) + R"({"B":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]},)"
                                R"("a.b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]},)"
                                R"("b":{"dtype":"U8","shape":[1],"data_offsets":[3,4]},)"
                                R"("é":{"dtype":"U8","shape":[1],"data_offsets":[4,5]}})"
                                "Bacbe");
}

TEST_CASE("names and metadata are escaped as by the reference", "[io][safetensors]") {
  CHECK(written({tensor("q\"\\/é😀\x7F", DType::i8, {1}, "\x01"),
                 tensor("\n\t\r\b\f\x01\x1F", DType::i8, {1}, "\x02")},
                {{"k\n", "ü\""}}) ==
        little_endian(168, 8) +
            R"({"__metadata__":{"k\n":"ü\""},)"
            R"("\n\t\r\b\f\u0001\u001f":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},)"
            "\"q\\\"\\\\/é😀\x7F\":{\"dtype\":\"I8\",\"shape\":[1],\"data_offsets\":[1,2]}}"
            "\x02\x01");
}

TEST_CASE("scalars and empty tensors are written, and so is nothing at all", "[io][safetensors]") {
  CHECK(written({tensor("s", DType::i64, {}, "01234567"), tensor("e", DType::f32, {2, 0}, ""),
                 tensor("d", DType::f32, {0}, "")}) ==
        little_endian(168, 8) + R"({"s":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
                                R"("d":{"dtype":"F32","shape":[0],"data_offsets":[8,8]},)"
                                R"("e":{"dtype":"F32","shape":[2,0],"data_offsets":[8,8]}}       )"
                                "01234567");
  CHECK(written({}) == little_endian(8, 8) + "{}      ");
  CHECK(written({}, {{"format", "pt"}}) ==
        little_endian(32, 8) + R"({"__metadata__":{"format":"pt"}})");
}

TEST_CASE("a header is padded to eight bytes and no further", "[io][safetensors]") {
  const std::string data(24, 'x');
  CHECK(written({tensor("attn.0", DType::f32, {1, 2, 3}, data)}).starts_with(little_endian(64, 8)));
  const std::string padded = written({tensor("attn0", DType::f32, {1, 1, 2, 3}, data)});
  CHECK(padded.starts_with(little_endian(72, 8)));
  CHECK(padded.substr(80 - 8, 8) == "}       ");
}

TEST_CASE("what was written is read back", "[io][safetensors]") {
  const TemporaryDirectory directory;
  const Metadata metadata{{"format", "pt"}, {"ключ", "\"\\\n"}};
  const std::string content = written(
      {tensor("w", DType::bf16, {2, 2}, "abcdefgh"), tensor("\n", DType::f64, {1}, "12345678")},
      metadata);
  const SafetensorsFile file(directory.write("x", content));
  CHECK(file.metadata() == metadata);
  REQUIRE(file.tensors().size() == 2);
  CHECK(file.tensors()[0].name == "\n");
  CHECK(as_string(file.find("w")->bytes) == "abcdefgh");
  CHECK(file.find("w")->dtype == DType::bf16);
}

TEST_CASE("what no file can hold is not written", "[io][safetensors]") {
  const struct {
    std::vector<SafetensorsTensor> tensors;
    Metadata metadata;
    std::string_view reason;
  } cases[] = {
      {{tensor("a", DType::u8, {1}, "1"), tensor("a", DType::i8, {1}, "2")}, {}, "two tensors"},
      {{tensor("__metadata__", DType::u8, {1}, "1")}, {}, "cannot be named '__metadata__'"},
      {{tensor("\xFF", DType::u8, {1}, "1")}, {}, "'\\xFF' is not UTF-8"},
      {{}, {{"a", "\x80"}}, "'\\x80' is not UTF-8"},
  };
  for (const auto& test : cases) {
    const std::string message =
        error_of(ErrorKind::output, [&] { written(test.tensors, test.metadata); });
    INFO(message);
    CHECK(contains(message, test.reason));
  }
  CHECK_THROWS_AS(written({tensor("a", DType::f32, {2}, "1234")}), std::logic_error);
  CHECK_THROWS_AS(written({tensor("a", DType::u8, {1ULL << 63U, 2}, "")}), std::logic_error);
}

TEST_CASE("a header that no reader accepts is not written", "[io][safetensors]") {
  const Metadata metadata{{"a", std::string(100'000'001, 'x')}};
  const std::string message = error_of(ErrorKind::output, [&] { safetensors_bytes({}, metadata); });
  CHECK(
      contains(message, "a header of 100000001 bytes or more is too long; 100000000 are the most"));
}
