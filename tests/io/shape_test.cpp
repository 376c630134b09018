#include "lora/io/shape.h"

#include <vector>

#include "io/bytes.h"

using namespace lora;

using Shape = std::vector<std::uint64_t>;

TEST_CASE("the elements of a shape are counted or said not to fit", "[io][shape]") {
  CHECK(element_count(Shape{}) == 1U);
  CHECK(element_count(Shape{2, 3, 4}) == 24U);
  CHECK(element_count(Shape{2, 0}) == 0U);
  CHECK(element_count(Shape{UINT64_MAX}) == UINT64_MAX);
  CHECK(element_count(Shape{1ULL << 32U, (1ULL << 32U) - 1}) == UINT64_MAX - UINT32_MAX);
  CHECK_FALSE(element_count(Shape{1ULL << 32U, 1ULL << 32U}));
  CHECK_FALSE(element_count(Shape{2, UINT64_MAX - 1}));
  CHECK(element_count(Shape{0, UINT64_MAX, UINT64_MAX}) == 0U);
  CHECK_FALSE(element_count(Shape{UINT64_MAX, UINT64_MAX, 0}));
}

TEST_CASE("a shape is printed as Python prints it", "[io][shape]") {
  CHECK(shape_text(Shape{}) == "()");
  CHECK(shape_text(Shape{5}) == "(5,)");
  CHECK(shape_text(Shape{2, 3, 4}) == "(2, 3, 4)");
}
