// Products of multiples of 1/8 are exact, so each must be equal to the plain sum, to the last bit.
#include "lora/ops/matmul.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "support/catch.h"
#include "support/matrices.h"

using namespace lora;
using lora::test::eighths;
using lora::test::fractions;
using lora::test::relative_error;

namespace {

/// A product of (n, k) and (k, m).
struct Shape {
  Index n;
  Index k;
  Index m;
};

const std::vector<Shape> kShapes = {
    {1, 1, 1},   {2, 3, 4},     {5, 5, 5},     {1, 7, 1},     {1, 300, 17},
    {17, 4, 1},  {255, 3, 5},   {256, 3, 5},   {257, 3, 5},   {513, 9, 300},
    {3, 5, 700}, {256, 2, 257}, {257, 2, 257}, {700, 64, 10}, {31, 33, 35},
};

const std::vector<Shape> kEmptyShapes = {{0, 3, 4}, {3, 0, 4}, {3, 4, 0}, {0, 0, 0}, {0, 300, 300}};

/// a·b by its definition, in double.
Matrix plain_product(const Matrix& a, const Matrix& b) {
  Matrix product(a.rows(), b.cols());
  const Matrix columns = b.transpose();
  for (Index i = 0; i < a.rows(); ++i) {
    for (Index j = 0; j < b.cols(); ++j) {
      double sum = 0;
      for (Index l = 0; l < a.cols(); ++l) {
        sum += static_cast<double>(a(i, l)) * static_cast<double>(columns(j, l));
      }
      product(i, j) = static_cast<Real>(sum);
    }
  }
  return product;
}

/// A copy of a matrix within a larger one, whose rows are further apart.
class Inside {
 public:
  explicit Inside(const Matrix& matrix)
      : rows_(matrix.rows()),
        cols_(matrix.cols()),
        outer_(Matrix::Constant(rows_ + 3, cols_ + 5, kMargin)) {
    block() = matrix;
  }
  Eigen::Block<Matrix> block() { return outer_.block(1, 2, rows_, cols_); }

  bool margin_untouched() {
    block().setConstant(kMargin);
    return (outer_.array() == kMargin).all();
  }

 private:
  static constexpr Real kMargin = 77;

  Index rows_;
  Index cols_;
  Matrix outer_;
};

/// Which of the three products of (n, k) and (k, m).
enum class Product { nt, nn, tn };

void multiply(Product product, const View& a, const View& b, MutableView y, Real alpha, Real beta,
              Compute& compute) {
  switch (product) {
    case Product::nt:
      return matmul_nt(a, b, y, alpha, beta, compute);
    case Product::nn:
      return matmul_nn(a, b, y, alpha, beta, compute);
    case Product::tn:
      return add_matmul_tn(a, b, y, alpha, compute);
  }
}

struct Factors {
  Real alpha;
  Real beta;
};

const std::vector<Factors> kFactors = {{1, 0},        {1, 1}, {0.5F, 0}, {-2, 1},
                                       {1.5F, 0.25F}, {0, 1}, {0, 0}};

/// Checks y = alpha·a·b + beta·y with contiguous operands and with blocks of larger matrices. With
/// beta = 0, y is not a number before.
void check_product(Product product, const Matrix& a, const Matrix& b, const Matrix& ab,
                   const Factors& factors) {
  const auto& [alpha, beta] = factors;
  INFO("product " << static_cast<int>(product) << ", alpha " << alpha << ", beta " << beta);
  Matrix y = eighths(ab.rows(), ab.cols(), 3);
  const Matrix expected = alpha * ab + beta * y;
  if (beta == 0) y.setConstant(std::numeric_limits<Real>::quiet_NaN());
  const Matrix a_stored = product == Product::tn ? Matrix(a.transpose()) : a;
  const Matrix b_stored = product == Product::nt ? Matrix(b.transpose()) : b;
  Inside a_inside(a_stored);
  Inside b_inside(b_stored);
  Inside y_inside(y);

  Compute compute;
  multiply(product, a_inside.block(), b_inside.block(), y_inside.block(), alpha, beta, compute);
  multiply(product, a_stored, b_stored, y, alpha, beta, compute);
  CHECK(y == expected);
  CHECK(y_inside.block() == expected);
  CHECK(y_inside.margin_untouched());
  CHECK(compute.products == 2);
  CHECK(compute.multiplications == 2.0 * static_cast<double>(a.size() * b.cols()));
}

void check_shapes(const std::vector<Shape>& shapes, const std::vector<Factors>& all_factors) {
  for (const auto& [n, k, m] : shapes) {
    INFO(n << " × " << k << " × " << m);
    const Matrix a = eighths(n, k, 1);
    const Matrix b = eighths(k, m, 2);
    const Matrix ab = plain_product(a, b);
    for (const Factors& factors : all_factors) {
      check_product(Product::nt, a, b, ab, factors);
      check_product(Product::nn, a, b, ab, factors);
      if (factors.beta == 1) check_product(Product::tn, a, b, ab, factors);
    }
  }
}

}  // namespace

TEST_CASE("products are their plain sums for every shape, stride, alpha and beta",
          "[ops][matmul]") {
  check_shapes(kShapes, kFactors);
}

TEST_CASE("products with an empty side write zeros or nothing", "[ops][matmul]") {
  check_shapes(kEmptyShapes, kFactors);
}

#ifndef LORA_REAL_IS_DOUBLE
TEST_CASE("products large enough for oneDNN are their plain sums too", "[ops][matmul]") {
  // At least 2²³ multiply-adds in a block.
  check_shapes({{256, 256, 129}, {300, 130, 300}, {3, 11000, 260}}, {{-0.5F, 0}, {1, 1}});
}
#endif

TEST_CASE("products of many digits are right to the precision of the number type",
          "[ops][matmul]") {
  const double tolerance = 10 * static_cast<double>(std::numeric_limits<Real>::epsilon());
  for (const auto& [n, k, m] : {Shape{37, 90, 41}, Shape{256, 256, 129}}) {
    const Matrix a = fractions(n, k, 1);
    const Matrix b = fractions(k, m, 2);
    const Matrix expected = plain_product(a, b);
    Compute compute;
    Matrix y(n, m);
    matmul_nn(a, b, y, 1, 0, compute);
    CHECK(relative_error(y, expected) < tolerance);
    matmul_nt(a, b.transpose(), y, 1, 0, compute);
    CHECK(relative_error(y, expected) < tolerance);
    y.setZero();
    add_matmul_tn(a.transpose(), b, y, 1, compute);
    CHECK(relative_error(y, expected) < tolerance);
  }
}

TEST_CASE("a sum over rows is the sum of its blocks of 256 rows in their order, to the last bit",
          "[ops][matmul]") {
  for (const auto& [n, p, q] : {Shape{600, 3, 5}, Shape{513, 4, 300}, Shape{1024, 300, 4}}) {
    INFO(n << " rows, " << p << " × " << q);
    const Matrix a = fractions(n, p, 1);
    const Matrix b = fractions(n, q, 2);
    Compute compute;
    Matrix whole = fractions(p, q, 3);
    Matrix by_blocks = whole;
    add_matmul_tn(a, b, whole, Real{0.3F}, compute);
    for (Index row = 0; row < n; row += kBlockRows) {
      const Index rows = std::min(kBlockRows, n - row);
      add_matmul_tn(a.middleRows(row, rows), b.middleRows(row, rows), by_blocks, Real{0.3F},
                    compute);
    }
    CHECK(whole == by_blocks);
  }
}
