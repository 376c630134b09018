#include "lora/data/row_matrix.h"

#include <memory>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;

TEST_CASE("features in memory and features in a file look alike", "[data][row_matrix]") {
  const auto file = std::make_shared<Matrix>(eighths(5, 3, 1));
  const RowMatrix window(ViewMap(file->data(), 5, 3, Eigen::OuterStride<>(3)), file);
  const RowMatrix own(*file);
  for (const RowMatrix* matrix : {&window, &own}) {
    CHECK(matrix->rows() == 5);
    CHECK(matrix->cols() == 3);
    CHECK(*matrix == *file);
    CHECK(matrix->row(4) == file->row(4));
    CHECK(matrix->middleRows(1, 2) == file->middleRows(1, 2));
  }
  CHECK(window.view().data() == file->data());
  CHECK(own.view().data() != file->data());
}

TEST_CASE("what is changed is a copy of the file's, and others see no change",
          "[data][row_matrix]") {
  auto file = std::make_shared<Matrix>(eighths(5, 3, 1));
  const Matrix before = *file;
  RowMatrix changed(ViewMap(file->data(), 5, 3, Eigen::OuterStride<>(3)), file);
  const RowMatrix other = changed;
  changed.own()(2, 1) += 1;
  CHECK(*file == before);
  CHECK(other == before);
  CHECK_FALSE(changed == before);
  const std::weak_ptr<Matrix> alive = file;
  file.reset();
  CHECK(other.row(0) == before.row(0));
  CHECK_FALSE(alive.expired());
}
