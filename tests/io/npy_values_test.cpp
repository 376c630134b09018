#include <cmath>
#include <cstring>
#include <limits>

#include "io/bytes.h"
#include "io/npy_file.h"
#include "lora/io/npy.h"

using namespace lora;
using namespace lora::test;

namespace {

/// The rows [first, first + count) of an array's table.
Matrix rows_of(const NpyArray& array, Index first, Index count) {
  Matrix rows(count, npy_table(array).cols);
  npy_rows_to_float(array, first, rows);
  return rows;
}

/// The same in double.
DoubleMatrix double_rows_of(const NpyArray& array, Index first, Index count) {
  DoubleMatrix rows(count, npy_table(array).cols);
  npy_rows_to_double(array, first, rows);
  return rows;
}

template <class Element>
std::string bytes_of(std::initializer_list<Element> elements) {
  std::string bytes(elements.size() * sizeof(Element), '\0');
  std::memcpy(bytes.data(), elements.begin(), bytes.size());
  return bytes;
}

NpyArray column(const std::string& data, DType dtype) {
  return {"y.npy", dtype, false, false, {data.size() / size_of(dtype)}, as_bytes(data)};
}

struct NumpyData {
  std::string_view descr;
  std::string_view rows;     // the data in C order
  std::string_view columns;  // the same in Fortran order
};

// From NumPy: [[1, 0, 3], [-2, 5, 100]], or with 2 where the type has no sign; booleans are != 0.
constexpr NumpyData kNumpyData[] = {
    {"'<f2'", "003c0000004200c000454056", "003c00c00000004500424056"},
    {"'>f2'", "3c0000004200c00045005640", "3c00c0000000450042005640"},
    {"'<f4'", "0000803f0000000000004040000000c00000a0400000c842",
     "0000803f000000c0000000000000a040000040400000c842"},
    {"'>f4'", "3f8000000000000040400000c000000040a0000042c80000",
     "3f800000c00000000000000040a000004040000042c80000"},
    {"'<f8'",
     "000000000000f03f0000000000000000000000000000084000000000000000c00000000000001440"
     "0000000000005940",
     "000000000000f03f00000000000000c0000000000000000000000000000014400000000000000840"
     "0000000000005940"},
    {"'>f8'",
     "3ff000000000000000000000000000004008000000000000c0000000000000004014000000000000"
     "4059000000000000",
     "3ff0000000000000c000000000000000000000000000000040140000000000004008000000000000"
     "4059000000000000"},
    {"'|i1'", "010003fe0564", "01fe00050364"},
    {"'<i2'", "010000000300feff05006400", "0100feff0000050003006400"},
    {"'>i2'", "000100000003fffe00050064", "0001fffe0000000500030064"},
    {"'<i4'", "010000000000000003000000feffffff0500000064000000",
     "01000000feffffff00000000050000000300000064000000"},
    {"'>i4'", "000000010000000000000003fffffffe0000000500000064",
     "00000001fffffffe00000000000000050000000300000064"},
    {"'<i8'",
     "010000000000000000000000000000000300000000000000feffffffffffffff0500000000000000"
     "6400000000000000",
     "0100000000000000feffffffffffffff000000000000000005000000000000000300000000000000"
     "6400000000000000"},
    {"'>i8'",
     "000000000000000100000000000000000000000000000003fffffffffffffffe0000000000000005"
     "0000000000000064",
     "0000000000000001fffffffffffffffe000000000000000000000000000000050000000000000003"
     "0000000000000064"},
    {"'|u1'", "010003020564", "010200050364"},
    {"'<u2'", "010000000300020005006400", "010002000000050003006400"},
    {"'>u2'", "000100000003000200050064", "000100020000000500030064"},
    {"'<u4'", "010000000000000003000000020000000500000064000000",
     "010000000200000000000000050000000300000064000000"},
    {"'>u4'", "000000010000000000000003000000020000000500000064",
     "000000010000000200000000000000050000000300000064"},
    {"'<u8'",
     "01000000000000000000000000000000030000000000000002000000000000000500000000000000"
     "6400000000000000",
     "01000000000000000200000000000000000000000000000005000000000000000300000000000000"
     "6400000000000000"},
    {"'>u8'",
     "00000000000000010000000000000000000000000000000300000000000000020000000000000005"
     "0000000000000064",
     "00000000000000010000000000000002000000000000000000000000000000050000000000000003"
     "0000000000000064"},
    {"'|b1'", "010001010101", "010100010101"},
};

Matrix expected_of(std::string_view descr) {
  Matrix expected(2, 3);
  expected << 1, 0, 3, -2, 5, 100;
  if (contains(descr, "u")) expected = expected.cwiseAbs();
  if (contains(descr, "b")) expected << 1, 0, 1, 1, 1, 1;
  return expected;
}

}  // namespace

TEST_CASE("NumPy's arrays become rows of Real in every type, order and endianness", "[io][npy]") {
  for (const NumpyData& test : kNumpyData) {
    for (const bool fortran : {false, true}) {
      INFO(test.descr << (fortran ? " columns" : " rows"));
      const std::string file = npy_file(test.descr, fortran ? "True" : "False", "(2, 3)",
                                        from_hex(fortran ? test.columns : test.rows));
      const std::vector<std::byte> content = on_heap(file);
      const NpyArray array = parse_npy(content, "x.npy");
      const Matrix expected = expected_of(test.descr);
      CHECK(rows_of(array, 0, 2) == expected);
      CHECK(rows_of(array, 1, 1) == expected.bottomRows(1));
      CHECK(double_rows_of(array, 0, 2) == expected.cast<double>());
      CHECK(double_rows_of(array, 1, 1) == expected.bottomRows(1).cast<double>());
      CHECK(rows_of(array, 2, 0).size() == 0);
    }
  }
}

TEST_CASE("rows go into a window whose own rows are further apart", "[io][npy]") {
  const std::string c_order = bytes_of<std::int32_t>({1, 2, 3, 4});
  const std::string f_order = bytes_of<std::int32_t>({1, 3, 2, 4});
  for (const bool fortran : {false, true}) {
    Matrix wide = Matrix::Zero(3, 4);
    npy_rows_to_float(
        {"x", DType::i32, false, fortran, {2, 2}, as_bytes(fortran ? f_order : c_order)}, 0,
        wide.block(1, 1, 2, 2));
    Matrix expected(3, 4);
    expected << 0, 0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0;
    CHECK(wide == expected);
  }
}

TEST_CASE("a long array in Fortran order keeps its rows", "[io][npy]") {
  const Index n = 100;
  std::string data;
  for (Index i = 0; i < 3 * n; ++i) data += bytes_of<std::int32_t>({static_cast<std::int32_t>(i)});
  const NpyArray array{"x", DType::i32, false, true, {100, 3}, as_bytes(data)};
  for (const Index first : {0, 7}) {
    const Matrix rows = rows_of(array, first, n - 2 * first);
    for (Index row = 0; row < rows.rows(); ++row) {
      for (Index col = 0; col < 3; ++col) {
        CHECK(rows(row, col) == static_cast<Real>(col * n + first + row));
      }
    }
  }
}

TEST_CASE("every byte of a boolean but 0 is true", "[io][npy]") {
  const std::string data = from_hex("000102ff");
  const Matrix rows = rows_of(column(data, DType::boolean), 0, 4);
  CHECK(rows.transpose() == Matrix{{0, 1, 1, 1}});
  CHECK(npy_to_int64(column(data, DType::boolean)) == std::vector<std::int64_t>{0, 1, 1, 1});
}

TEST_CASE("an array of one dimension is a column", "[io][npy]") {
  const std::string data = bytes_of<float>({1, 2, 3});
  const NpyArray array = column(data, DType::f32);
  CHECK(npy_table(array).rows == 3);
  CHECK(npy_table(array).cols == 1);
  const Matrix rows = rows_of(array, 1, 2);
  CHECK(rows(0, 0) == 2);
  CHECK(rows(1, 0) == 3);
}

TEST_CASE("bfloat16 from other files is converted too", "[io][npy]") {
  const std::string data = from_hex("803f00c0");
  const Matrix rows = rows_of(column(data, DType::bf16), 0, 2);
  CHECK(rows(0, 0) == 1);
  CHECK(rows(1, 0) == -2);
}

TEST_CASE("wide numbers are rounded once, to the nearest float", "[io][npy]") {
  const std::string doubles =
      bytes_of<double>({0.1, 1.0 + std::ldexp(1.0, -24), 1.0 + std::ldexp(3.0, -24), 1e300, -1e300,
                        std::numeric_limits<double>::quiet_NaN(), 5e-46});
  const Matrix d = rows_of(column(doubles, DType::f64), 0, 7);
  CHECK(d(0, 0) == 0.1F);
  CHECK(d(1, 0) == 1.0F);
  CHECK(d(2, 0) == 1.0F + std::ldexp(1.0F, -22));
  CHECK(d(3, 0) == std::numeric_limits<Real>::infinity());
  CHECK(d(4, 0) == -std::numeric_limits<Real>::infinity());
  CHECK(std::isnan(d(5, 0)));
  CHECK(d(6, 0) == 0);

  // By way of a double the first would be rounded twice, to 2^62.
  const std::string integers = bytes_of<std::int64_t>(
      {(1LL << 62U) + (1LL << 38U) + 1, (1LL << 62U) + (1LL << 38U), 16777217, INT64_MIN});
  const Matrix i = rows_of(column(integers, DType::i64), 0, 4);
  CHECK(i(0, 0) == std::ldexp(1.0F, 62) + std::ldexp(1.0F, 39));
  CHECK(i(1, 0) == std::ldexp(1.0F, 62));
  CHECK(i(2, 0) == 16777216.0F);
  CHECK(i(3, 0) == -std::ldexp(1.0F, 63));
  const std::string unsigned_max = bytes_of<std::uint64_t>({UINT64_MAX});
  CHECK(rows_of(column(unsigned_max, DType::u64), 0, 1)(0, 0) == std::ldexp(1.0F, 64));
}

TEST_CASE("rows in double keep every digit of a double", "[io][npy]") {
  const std::string doubles = bytes_of<double>({0.1, 1e300, 5e-324});
  const DoubleMatrix rows = double_rows_of(column(doubles, DType::f64), 0, 3);
  CHECK(rows(0, 0) == 0.1);
  CHECK(rows(1, 0) == 1e300);
  CHECK(rows(2, 0) == 5e-324);
}

TEST_CASE("only arrays of one or two dimensions are tables", "[io][npy]") {
  const std::string data(24, '\0');
  const struct {
    std::vector<std::uint64_t> shape;
    std::string_view reason;
  } cases[] = {
      {{}, "shape () is no table; (rows, columns) or (rows,) would fit"},
      {{0, 8, 8}, "shape (0, 8, 8) is no table"},
      {{1, 0, 8}, "shape (1, 0, 8) is no table"},
      {{1, 1ULL << 62U, 4}, "is no table"},
      {{1ULL << 63U, 0}, "is no table"},
      {{1, 2, 3},
       "shape (1, 2, 3) has 3 dimensions, but rows of features have 2; (1, 6) would fit: "
       "np.save('new.npy', a.reshape(1, -1))"},
      {{3, 1, 2, 1}, "has 4 dimensions, but rows of features have 2; (3, 2) would fit"},
  };
  for (const auto& test : cases) {
    const NpyArray array{"x.npy", DType::f32, false, false, test.shape, as_bytes(data)};
    for (const auto& message :
         {error_of(ErrorKind::input, [&] { npy_table(array); }), error_of(ErrorKind::input, [&] {
            Matrix rows(1, 1);
            npy_rows_to_float(array, 0, rows);
          })}) {
      INFO(message);
      CHECK(message.starts_with("[npy] x.npy: shape ("));
      CHECK(contains(message, test.reason));
    }
    if (test.shape.size() != 2) CHECK_FALSE(is_native_real_rows(array));
  }
}

TEST_CASE("rows that are not in the array are a fault of the program", "[io][npy]") {
  const std::string data = bytes_of<float>({1, 2, 3, 4});
  const NpyArray array{"x", DType::f32, false, false, {2, 2}, as_bytes(data)};
  Matrix two(2, 2);
  Matrix narrow(1, 1);
  CHECK_THROWS_AS(npy_rows_to_float(array, 1, two), std::logic_error);
  CHECK_THROWS_AS(npy_rows_to_float(array, -1, two), std::logic_error);
  CHECK_THROWS_AS(npy_rows_to_float(array, 0, narrow), std::logic_error);
  CHECK_THROWS_AS(double_rows_of(array, 1, 2), std::logic_error);
}

TEST_CASE("only aligned native rows of Real are used where they lie", "[io][npy]") {
  alignas(16) static const float floats[8] = {};
  const auto bytes = std::as_bytes(std::span(floats));
  const NpyArray good{"x", DType::f32, false, false, {2, 3}, bytes.first(24)};
  CHECK(is_native_real_rows(good));
  CHECK(is_native_real_rows({"x", DType::f32, false, false, {6}, bytes.first(24)}));
  CHECK_FALSE(is_native_real_rows({"x", DType::f32, true, false, {2, 3}, bytes.first(24)}));
  CHECK_FALSE(is_native_real_rows({"x", DType::f32, false, true, {2, 3}, bytes.first(24)}));
  CHECK_FALSE(is_native_real_rows({"x", DType::i32, false, false, {2, 3}, bytes.first(24)}));
  CHECK_FALSE(is_native_real_rows({"x", DType::f64, false, false, {1, 3}, bytes.first(24)}));
  for (const std::size_t offset : {1U, 2U, 3U}) {
    CHECK_FALSE(
        is_native_real_rows({"x", DType::f32, false, false, {2, 3}, bytes.subspan(offset, 24)}));
  }
  CHECK(is_native_real_rows({"x", DType::f32, false, false, {2, 3}, bytes.subspan(4, 24)}));
}

TEST_CASE("integers, booleans and whole floats become labels", "[io][npy]") {
  using Labels = std::vector<std::int64_t>;
  for (const NumpyData& test : kNumpyData) {
    INFO(test.descr);
    const std::string data = from_hex(test.rows);
    for (const std::string_view shape : {"(6,)", "(6, 1)"}) {
      const std::string file = npy_file(test.descr, "False", shape, data);
      const NpyArray array = parse_npy(as_bytes(file), "y");
      if (contains(test.descr, "b")) {
        CHECK(npy_to_int64(array) == Labels{1, 0, 1, 1, 1, 1});
      } else if (contains(test.descr, "u")) {
        CHECK(npy_to_int64(array) == Labels{1, 0, 3, 2, 5, 100});
      } else {
        CHECK(npy_to_int64(array) == Labels{1, 0, 3, -2, 5, 100});
      }
    }
  }
  const std::string wide = bytes_of<std::int64_t>({INT64_MIN, INT64_MAX});
  CHECK(npy_to_int64(column(wide, DType::i64)) == Labels{INT64_MIN, INT64_MAX});
  const std::string floats = bytes_of<double>({-9223372036854775808.0, -0.0, 1e15});
  CHECK(npy_to_int64(column(floats, DType::f64)) == Labels{INT64_MIN, 0, 1'000'000'000'000'000});
  CHECK(npy_to_int64(column("", DType::i64)).empty());
}

TEST_CASE("what is no integer of 64 bits is refused with its row and value", "[io][npy]") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const struct {
    std::string data;
    DType dtype;
    std::string_view reason;
  } cases[] = {
      {bytes_of<double>({0, 1, 2.5}), DType::f64, "row 2 (the first is 0) has 2.5"},
      {bytes_of<float>({0.5F}), DType::f32, "row 0 (the first is 0) has 0.5"},
      {from_hex("003c0038"), DType::f16, "row 1 (the first is 0) has 0.5"},
      {bytes_of<double>({9223372036854775808.0}), DType::f64,
       "row 0 (the first is 0) has 9.22337e+18"},
      {bytes_of<double>({kNan}), DType::f64, "has nan"},
      {bytes_of<double>({1, -kInfinity}), DType::f64, "row 1 (the first is 0) has -inf"},
      {bytes_of<std::uint64_t>({INT64_MAX, 1ULL << 63U}), DType::u64,
       "row 1 (the first is 0) has 9223372036854775808, but only whole numbers of 64 bits fit "
       "here"},
  };
  for (const auto& test : cases) {
    const std::string message =
        error_of(ErrorKind::input, [&] { npy_to_int64(column(test.data, test.dtype)); });
    INFO(message);
    CHECK(contains(message, test.reason));
    CHECK(message.starts_with("[npy] y.npy: "));
  }
}

TEST_CASE("labels are read in pieces", "[io][npy]") {
  const std::string data = bytes_of<std::int32_t>({5, 6, 7, 8});
  for (const bool fortran : {false, true}) {
    const NpyArray array{"y", DType::i32, false, fortran, {4, 1}, as_bytes(data)};
    std::vector<std::int64_t> two(2);
    npy_rows_to_int64(array, 0, two);
    CHECK(two == std::vector<std::int64_t>{5, 6});
    npy_rows_to_int64(array, 2, two);
    CHECK(two == std::vector<std::int64_t>{7, 8});
    npy_rows_to_int64(array, 4, {});
    CHECK_THROWS_AS(npy_rows_to_int64(array, 3, two), std::logic_error);
    CHECK_THROWS_AS(npy_rows_to_int64(array, -1, two), std::logic_error);
    CHECK_THROWS_AS(npy_rows_to_int64(array, 5, {}), std::logic_error);
  }
  const std::string halves = bytes_of<double>({0, 1, 2, 0.5});
  std::vector<std::int64_t> last(1);
  const std::string message =
      error_of(ErrorKind::input, [&] { npy_rows_to_int64(column(halves, DType::f64), 3, last); });
  CHECK(contains(message, "row 3 (the first is 0) has 0.5"));
}

TEST_CASE("labels are a list, not a table", "[io][npy]") {
  const std::string data(24, '\0');
  for (const auto& shape : {std::vector<std::uint64_t>{}, {1, 24}, {12, 2}, {24, 1, 1}}) {
    const NpyArray array{"y.npy", DType::u8, false, false, shape, as_bytes(data)};
    const std::string message = error_of(ErrorKind::input, [&] { npy_to_int64(array); });
    CHECK(contains(message, "(rows,) or (rows, 1) would fit"));
  }
}
