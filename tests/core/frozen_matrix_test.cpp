#include "lora/core/frozen_matrix.h"

#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::fractions;

namespace {

constexpr DType kReal = sizeof(Real) == 8 ? DType::f64 : DType::f32;

/// The bytes of a matrix, `shift` bytes after an address that fits every type.
class ShiftedBytes {
 public:
  ShiftedBytes(const Matrix& W, std::size_t shift) : memory_(bytes(W) + shift), shift_(shift) {
    std::memcpy(memory_.data() + shift, W.data(), bytes(W));
  }
  std::span<const std::byte> view() const { return std::span(memory_).subspan(shift_); }
  void overwrite() { memory_.assign(memory_.size(), std::byte{0xFF}); }

 private:
  static std::size_t bytes(const Matrix& W) {
    return static_cast<std::size_t>(W.size()) * sizeof(Real);
  }

  std::vector<std::byte> memory_;
  std::size_t shift_;
};

}  // namespace

TEST_CASE("a frozen matrix looks at aligned bytes where they are", "[core][frozen_matrix]") {
  const Matrix W = fractions(3, 5, 1);
  const ShiftedBytes bytes(W, 0);
  const FrozenMatrix frozen(bytes.view(), kReal, 3, 5, Layout::out_in);
  CHECK(frozen.bytes().data() == bytes.view().data());
  CHECK(frozen.map() == W);
}

TEST_CASE("a frozen matrix copies bytes that are not aligned for their type",
          "[core][frozen_matrix]") {
  const Matrix W = fractions(3, 5, 1);
  for (std::size_t shift = 1; shift < sizeof(Real); ++shift) {
    INFO("shift " << shift);
    ShiftedBytes bytes(W, shift);
    const FrozenMatrix frozen(bytes.view(), kReal, 3, 5, Layout::out_in);
    CHECK(reinterpret_cast<std::uintptr_t>(frozen.bytes().data()) % sizeof(Real) == 0);
    bytes.overwrite();
    CHECK(frozen.map() == W);
  }
}

TEST_CASE("the sides of a frozen matrix follow from its layout", "[core][frozen_matrix]") {
  const ShiftedBytes bytes(fractions(3, 5, 1), 0);
  const FrozenMatrix out_in(bytes.view(), kReal, 3, 5, Layout::out_in);
  CHECK(out_in.in_features() == 5);
  CHECK(out_in.out_features() == 3);
  const FrozenMatrix in_out(bytes.view(), kReal, 3, 5, Layout::in_out);
  CHECK(in_out.in_features() == 3);
  CHECK(in_out.out_features() == 5);
  CHECK(in_out.size() == 15);
}

TEST_CASE("only a frozen matrix of the library's own number type has a map",
          "[core][frozen_matrix]") {
  const std::vector<std::byte> bytes(64);
  const std::span<const std::byte> all(bytes);
  CHECK(FrozenMatrix(all, DType::f64, 2, 4, Layout::out_in).is_real() == (kReal == DType::f64));
  CHECK(FrozenMatrix(all, DType::f32, 4, 4, Layout::out_in).is_real() == (kReal == DType::f32));
  CHECK_FALSE(FrozenMatrix(all, DType::f16, 4, 8, Layout::out_in).is_real());
  CHECK_FALSE(FrozenMatrix(all, DType::bf16, 4, 8, Layout::out_in).is_real());
}

TEST_CASE("bytes that do not fit their shape or type are refused with the numbers",
          "[core][frozen_matrix]") {
  struct Row {
    std::size_t bytes;
    DType dtype;
    Index rows;
    Index cols;
    std::vector<const char*> said;
  };
  const Row rows[] = {
      {59, DType::f32, 3, 5, {"3 × 5", "float32", "60", "59"}},
      {64, DType::f32, 3, 5, {"3 × 5", "float32", "60", "64"}},
      {60, DType::f64, 3, 5, {"3 × 5", "float64", "120", "60"}},
      {60, DType::f16, 3, 5, {"3 × 5", "float16", "30", "60"}},
      {0, DType::bf16, 1, 1, {"1 × 1", "bfloat16", "2", "not 0"}},
      {60, DType::i32, 3, 5, {"int32", "floating"}},
      {15, DType::u8, 3, 5, {"uint8", "floating"}},
  };
  for (const Row& row : rows) {
    INFO(row.bytes << " bytes of " << name_of(row.dtype));
    const std::vector<std::byte> bytes(row.bytes);
    try {
      const FrozenMatrix frozen(bytes, row.dtype, row.rows, row.cols, Layout::out_in);
      FAIL_CHECK("accepted");
    } catch (const Error& error) {
      CHECK(error.kind() == ErrorKind::input);
      INFO(error.what());
      for (const char* part : row.said)
        CHECK(std::string(error.what()).find(part) != std::string::npos);
    }
  }
}

TEST_CASE("the elements stay where they are when a frozen matrix is moved",
          "[core][frozen_matrix]") {
  const Matrix W = fractions(3, 5, 1);
  const ShiftedBytes shifted(W, 1);
  const ShiftedBytes aligned(W, 0);
  std::vector<FrozenMatrix> matrices;
  matrices.emplace_back(W);
  matrices.emplace_back(shifted.view(), kReal, 3, 5, Layout::out_in);
  matrices.emplace_back(aligned.view(), kReal, 3, 5, Layout::out_in);
  for (FrozenMatrix& original : matrices) {
    const ViewMap before = original.map();
    FrozenMatrix constructed(std::move(original));
    CHECK(constructed.map().data() == before.data());
    FrozenMatrix assigned(fractions(2, 2, 2));
    assigned = std::move(constructed);
    CHECK(assigned.map().data() == before.data());
    CHECK(assigned.rows() == 3);
    CHECK(before == W);
  }
}
