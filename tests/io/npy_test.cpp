#include "lora/io/npy.h"

#include <bit>
#include <optional>

#include "io/bytes.h"
#include "io/npy_file.h"
#include "lora/io/npy_dtype.h"
#include "lora/io/npy_start.h"

using namespace lora;
using namespace lora::test;

namespace {

using Shape = std::vector<std::uint64_t>;

NpyArray parse(std::string_view file) {
  return parse_npy(as_bytes(file), "x.npy");
}

constexpr bool kNativeIsBig = std::endian::native == std::endian::big;

}  // namespace

TEST_CASE("a file that NumPy wrote is read without a copy", "[io][npy]") {
  // np.save of np.array([[1, 0, 3], [-2, 5, 100]], '<f4')
  const std::string file = from_hex("934e554d505901007600") +
                           "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                           std::string(58, ' ') + "\n" +
                           from_hex("0000803f0000000000004040000000c00000a0400000c842");
  const NpyArray array = parse(file);
  CHECK(array.path == "x.npy");
  CHECK(array.dtype == DType::f32);
  CHECK_FALSE(array.big_endian);
  CHECK_FALSE(array.fortran_order);
  CHECK(array.shape == Shape{2, 3});
  CHECK(array.data.data() == as_bytes(file).data() + 128);
  CHECK(array.data.size() == 24);
}

TEST_CASE("the three versions of the format differ in the header's length", "[io][npy]") {
  for (const int version : {1, 2, 3}) {
    INFO(version);
    CHECK(parse(npy_file("'<i2'", "False", "(2,)", "abcd", version)).dtype == DType::i16);
  }
}

TEST_CASE("every spelling of a type that NumPy writes or accepts is read", "[io][npy]") {
  const struct {
    std::string descr;
    DType dtype;
    bool big_endian;
  } cases[] = {
      {"<f2", DType::f16, false},
      {">f2", DType::f16, true},
      {"<f4", DType::f32, false},
      {">f4", DType::f32, true},
      {"<f8", DType::f64, false},
      {">f8", DType::f64, true},
      {"|i1", DType::i8, false},
      {"<i2", DType::i16, false},
      {">i2", DType::i16, true},
      {"<i4", DType::i32, false},
      {">i4", DType::i32, true},
      {"<i8", DType::i64, false},
      {">i8", DType::i64, true},
      {"|u1", DType::u8, false},
      {"<u2", DType::u16, false},
      {">u2", DType::u16, true},
      {"<u4", DType::u32, false},
      {">u4", DType::u32, true},
      {"<u8", DType::u64, false},
      {">u8", DType::u64, true},
      {"|b1", DType::boolean, false},
      {">b1", DType::boolean, false},
      {">i1", DType::i8, false},
      {"=f4", DType::f32, kNativeIsBig},
      {"|f4", DType::f32, kNativeIsBig},
      {"f4", DType::f32, kNativeIsBig},
      {"float32", DType::f32, kNativeIsBig},
      {"float16", DType::f16, kNativeIsBig},
      {"int64", DType::i64, kNativeIsBig},
      {"uint8", DType::u8, false},
      {"bool", DType::boolean, false},
  };
  for (const auto& test : cases) {
    INFO(test.descr);
    const std::string data(2 * size_of(test.dtype), '\1');
    const NpyArray array = parse(npy_file("'" + test.descr + "'", "False", "(2,)", data));
    CHECK(array.dtype == test.dtype);
    CHECK(array.big_endian == test.big_endian);
  }
}

TEST_CASE("a header may be spelt in every way of Python's dictionaries", "[io][npy]") {
  for (const std::string_view header : {
           "{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }\n",
           "{'descr':'<f4','fortran_order':True,'shape':(1,2)}",
           "{'shape': (1, 2), 'descr': '<f4', 'fortran_order': True}",
           "{\"fortran_order\": True, \"shape\": (1, 2,), \"descr\": \"<f4\"}   \n",
           " \t\n{ 'descr' : '<f4' ,\n'fortran_order' :\f True , 'shape' : ( 1 , 2 , ) , } \r\n",
           "{'descr': '<f4', 'fortran_order': True, 'shape': (1L, 2L), }",
       }) {
    INFO(header);
    const NpyArray array = parse(npy_with_header(header, "12345678"));
    CHECK(array.shape == Shape{1, 2});
    CHECK(array.fortran_order);
  }
}

TEST_CASE("shapes of any number of dimensions are read", "[io][npy]") {
  const struct {
    std::string_view text;
    Shape shape;
    std::size_t size;
  } cases[] = {
      {"()", {}, 1},
      {"(3,)", {3}, 3},
      {"(3,1)", {3, 1}, 3},
      {"(1,2,3)", {1, 2, 3}, 6},
      {"(0,)", {0}, 0},
      {"(2, 0, 3)", {2, 0, 3}, 0},
      {"(0, 9223372036854775807)", {0, INT64_MAX}, 0},
  };
  for (const auto& test : cases) {
    INFO(test.text);
    CHECK(parse(npy_file("'|u1'", "False", test.text, std::string(test.size, 'x'))).shape ==
          test.shape);
  }
}

TEST_CASE("a broken npy file is refused with its own reason", "[io][npy]") {
  const std::string good = npy_file("'<f4'", "False", "(2, 3)", std::string(24, 'x'));
  const auto header = [](std::string_view text) { return npy_with_header(text, "1234"); };
  const auto shape = [](std::string_view text) { return npy_file("'<f4'", "False", text, "1234"); };
  const struct {
    std::string content;
    std::string_view reason;
  } cases[] = {
      {"", "is empty"},
      {"\x93NUM", "ends in its first bytes; incomplete download?"},
      {"\x93NUMPX\1", "is not a .npy file"},
      {"a,b\n1,2\n", "is not a .npy file"},
      {"PK\3\4", "is a ZIP archive; arrays in one are named .npz"},
      {"\x93NUMPY\1", "ends before its version"},
      {std::string("\x93NUMPY\0\0", 8), ".npy version 0.0; known are 1.0, 2.0 and 3.0"},
      {std::string("\x93NUMPY\4\0\0\0", 10), ".npy version 4.0"},
      {std::string("\x93NUMPY\1\1\0\0", 10), ".npy version 1.1"},
      {std::string("\x93NUMPY\1\0\x10", 9), "ends before its header"},
      {std::string("\x93NUMPY\2\0\x10\0\0", 11), "ends before its header"},
      {std::string("\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12),
       "claims 4294967295 bytes, but the file has 12"},
      {npy_with_header(std::string(10'001, ' '), ""),
       "the header has 10001 bytes; 10000 are the most"},
      {npy_with_header(std::string(10'000, ' '), ""),
       "a dictionary {…} at its byte 10001, not its end"},
      {header(""), "the header should have a dictionary {…} at its byte 1, not its end"},
      {header("['descr']"), "should have a dictionary {…} at its byte 1, not '['descr']'"},
      {header("{"), "a key in quotes"},
      {header("{'descr"), "a string that ends"},
      {header("{'descr'"), "should have ':'"},
      {header("{'descr' '<f4'"), "should have ':'"},
      {header("{'descr':'<f4'"), "should have ',' or '}'"},
      {header("{'descr':'<f4','fortran_order':False,'shape':(1,),,}"), "a key in quotes"},
      {header("{'descr':'<f4','fortran_order':False,'shape':(1,)};"), "the end of the header"},
      {header("{'descr':'<f4','fortran_order':False,'shape':(1,)}{}"), "the end of the header"},
      {header("{}"), "has no 'descr'"},
      {header("{'fortran_order':False,'shape':(1,)}"), "has no 'descr'"},
      {header("{'descr':'<f4','shape':(1,)}"), "has no 'fortran_order'"},
      {header("{'descr':'<f4','fortran_order':False}"), "has no 'shape'"},
      {header("{'descr':'<f4','fortran_order':False,'shape':(1,),'x':1}"), "unknown key 'x'"},
      {header("{'descr':'<f4','descr':'<f4'}"), "has 'descr' twice"},
      {header("{'shape':(1,),'shape':(1,)}"), "has 'shape' twice"},
      {header("{'fortran_order':True,'fortran_order':True}"), "has 'fortran_order' twice"},
      {npy_file("'<f4'", "0", "(1,)", "1234"), "True or False for 'fortran_order'"},
      {npy_file("'<f4'", "'False'", "(1,)", "1234"), "True or False for 'fortran_order'"},
      {npy_file("'<f4'", "Falsehood", "(1,)", "1234"), "',' or '}'"},
      {npy_file("'\\x3cf4'", "False", "(1,)", "1234"), "without backslashes"},
      {npy_file("<f4", "False", "(1,)", "1234"), "a type in quotes for 'descr'"},
      {header("{'descr': [('a', '<f4')"), "the header ends in a list of fields"},
      {header("{'descr': [('a"), "a string that ends"},
      {shape("1"), "a tuple (…) for 'shape'"},
      {shape("[1]"), "a tuple (…) for 'shape'"},
      {shape("(1)"), "the shape (1) is a number; a tuple (1,) would be right"},
      {shape("(,)"), "a whole number from 0"},
      {shape("(-1,)"), "a whole number from 0 in 'shape' at its byte 52, not '-1,)"},
      {shape("(True,)"), "a whole number from 0"},
      {shape("(1.0,)"), "',' or ')'"},
      {shape("(1 1)"), "',' or ')'"},
      {shape("(1,"), "a whole number from 0"},
      {shape("(9223372036854775808,)"), "a dimension of less than 2^63"},
      {shape("(99999999999999999999999,)"), "a dimension of less than 2^63"},
      {shape("(4294967296, 4294967296)"),
       "the size of (4294967296, 4294967296) float32 does not fit"},
      {shape("(4611686018427387904,)"), "float32 does not fit 64 bits"},
      {shape("(1000000000000,)"),
       "takes 4000000000000 bytes of data, but the file has 4; incomplete"},
      {good.substr(0, good.size() - 1),
       "(2, 3) float32 takes 24 bytes of data, but the file has 23"},
      {good + "xy", "(2, 3) float32 takes 24 bytes of data, but 2 more follow"},
  };
  for (const auto& test : cases) {
    const std::string message = error_of(ErrorKind::input, [&] { parse(test.content); });
    INFO(message);
    INFO(test.reason);
    CHECK(message.starts_with("[npy] x.npy: "));
    CHECK(contains(message, test.reason));
    CHECK_FALSE(contains(message, "\n"));
  }
}

TEST_CASE("arrays that are no plain numbers are refused with a remedy", "[io][npy]") {
  const struct {
    std::string_view descr;
    std::string_view what;
    std::string_view remedy;
  } cases[] = {
      {"'|O'", "Python objects, which are never unpickled here ('|O')",
       "a.astype('float32')), or a.astype(str) if they are words"},
      {"'O8'", "Python objects", "astype('float32')"},
      {"'|S5'", "text ('|S5')", "astype('float32')"},
      {"'<U7'", "text", "astype('float32')"},
      {"'<c8'", "complex numbers", "a.real"},
      {"'>c16'", "complex numbers", "a.imag"},
      {"'<M8[ns]'", "dates", "astype('int64')"},
      {"'<m8[s]'", "durations", "astype('int64')"},
      {"'<f16'", "long doubles", "astype('float64')"},
      {"'<f12'", "long doubles", "astype('float64')"},
      {"'|V2'", "as NumPy saves bfloat16", "ml_dtypes.bfloat16"},
      {"'<V2'", "as NumPy saves bfloat16", "ml_dtypes.bfloat16"},
      {"'|V16'", "opaque bytes ('|V16')", "a.view("},
      {"'|S0'", "text", "astype('float32')"},
      {"[('a', '<i4'), ('b', '<f4')]", "records", "a.dtype.names"},
      {"[(('title', 'a]'), [('b', '<f4', (2, 3))])]", "records", "a.dtype.names"},
      {"('<f4', (2,))", "records", "a.dtype.names"},
      {"'<f3'", "of an unknown type ('<f3')", "astype('float32')"},
      {"'<float32'", "of an unknown type", "astype('float32')"},
      {"'F4'", "of an unknown type", "astype('float32')"},
      {"'bfloat16'", "of an unknown type", "astype('float32')"},
      {"'boolean'", "of an unknown type", "astype('float32')"},
      {"'<'", "of an unknown type", "astype('float32')"},
      {"''", "of an unknown type ('')", "astype('float32')"},
  };
  for (const auto& test : cases) {
    const std::string message = error_of(
        ErrorKind::input, [&] { parse(npy_file(test.descr, "False", "(1,)", "12345678")); });
    INFO(message);
    CHECK(contains(message, test.what));
    CHECK(contains(message, "NumPy"));
    CHECK(contains(message, test.remedy));
  }
}

TEST_CASE("a listing has a name for every type", "[io][npy]") {
  const struct {
    std::string_view descr;
    std::string_view name;
    std::optional<std::uint64_t> size;
  } cases[] = {
      {"<f4", "float32", 4},
      {">f8", "float64", 8},
      {"|b1", "bool", 1},
      {"int64", "int64", 8},
      {"|O", "object", {}},
      {"<U5", "text <U5", 20},
      {"|S5", "text |S5", 5},
      {"S5", "text S5", 5},
      {"|S0", "text |S0", {}},
      {"<c8", "complex <c8", {}},
      {"<M8[ns]", "datetime <M8[ns]", {}},
      {"<m8[s]", "timedelta <m8[s]", {}},
      {"<f16", "longdouble <f16", {}},
      {"|V2", "void |V2", {}},
      {"[('a', '<i4')]", "records", {}},
      {"bfloat16", "unknown bfloat16", {}},
      {"x\x1B[31m", "unknown", {}},
      {"V\xFF", "void", {}},
      {"", "unknown ", {}},
  };
  for (const auto& test : cases) {
    INFO(test.descr);
    CHECK(npy_dtype_name(test.descr) == test.name);
    CHECK(npy_element_size(test.descr) == test.size);
  }
}

TEST_CASE("the start of an npy file is enough to know what it holds", "[io][npy]") {
  const std::string whole = npy_file("'<f4'", "False", "(1000, 10)", std::string(40'000, 'x'));
  const NpyStart start =
      parse_npy_start(as_bytes(whole).first(kLongestNpyStart), whole.size(), "x.npy");
  CHECK(start.header.descr == "<f4");
  CHECK(start.header.shape == Shape{1000, 10});
  CHECK(start.size == whole.size() - 40'000);
  check_npy_size(start, whole.size(), "x.npy");
  const auto refusal = [&](std::uint64_t size) {
    return error_of(ErrorKind::input, [&] { check_npy_size(start, size, "x.npy"); });
  };
  CHECK(contains(refusal(whole.size() - 1), "takes 40000 bytes of data, but the file has 39999"));
  CHECK(contains(refusal(whole.size() + 1), "takes 40000 bytes of data, but 1 more follow"));
}

TEST_CASE("an npy file cut short anywhere is refused", "[io][npy]") {
  for (const int version : {1, 2}) {
    const std::string whole = npy_file("'<f4'", "False", "(2, 1)", "12345678", version);
    CHECK(parse(whole).data.size() == 8);
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(length);
      const std::vector<std::byte> content = on_heap(whole.substr(0, length));
      CHECK_THROWS_AS(parse_npy(content, "x"), Error);
    }
  }
}

TEST_CASE("one wrong byte in an npy header is refused or leaves a sound array", "[io][npy]") {
  const std::string whole = npy_file("'<f4'", "False", "(12, 11)", std::string(528, 'x'));
  const std::size_t header_end = whole.size() - 528;
  std::size_t refused = 0;
  for (std::size_t position = 0; position < header_end; ++position) {
    for (unsigned byte = 0; byte < 256; ++byte) {
      std::vector<std::byte> content = on_heap(whole);
      content[position] = static_cast<std::byte>(byte);
      try {
        const NpyArray array = parse_npy(content, "x");
        std::uint64_t size = size_of(array.dtype);
        for (const std::uint64_t dimension : array.shape) size *= dimension;
        if (size != array.data.size()) FAIL("byte " << byte << " at " << position);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::input) FAIL("byte " << byte << " at " << position);
        ++refused;
      }
    }
  }
  CHECK(refused > header_end * 128);
}
