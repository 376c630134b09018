#include "lora/ops/svd.h"

#include <cmath>

#include "lora/core/rng.h"
#include "support/catch.h"

using namespace lora;

TEST_CASE("singular values are those calculated by hand", "[ops][svd]") {
  DoubleMatrix M(2, 2);
  M << 3, 0, 4, 5;  // MᵀM has the eigenvalues 45 and 5
  const Svd parts = svd(M);
  CHECK(parts.values[0] == Approx(std::sqrt(45.0)));
  CHECK(parts.values[1] == Approx(std::sqrt(5.0)));
  CHECK((parts.U * parts.values.asDiagonal() * parts.V.transpose()).isApprox(M, 1e-14));
}

TEST_CASE("the parts of a long and of a wide matrix give it back", "[ops][svd]") {
  Rng rng(3);
  const DoubleMatrix wide = rng.normal(5, 40).cast<double>();
  for (const DoubleMatrix& M : {wide, DoubleMatrix(wide.transpose())}) {
    const Svd parts = svd(M);
    REQUIRE(parts.values.size() == 5);
    CHECK((parts.U * parts.values.asDiagonal() * parts.V.transpose()).isApprox(M, 1e-13));
    CHECK((parts.U.transpose() * parts.U).isIdentity(1e-13));
    CHECK((parts.V.transpose() * parts.V).isIdentity(1e-13));
  }
}

TEST_CASE("a product's singular values are known without forming it", "[ops][svd]") {
  Rng rng(4);
  for (const Index rank : {1, 3, 9}) {  // 9 is more than either side has
    CAPTURE(rank);
    const DoubleMatrix B = rng.normal(7, rank).cast<double>();
    const DoubleMatrix A = rng.normal(rank, 6).cast<double>();
    const Eigen::VectorXd values = singular_values_of_product(B, A);
    const Eigen::VectorXd whole = svd(B * A).values;
    REQUIRE(values.size() == std::min<Index>(rank, 6));
    CHECK(values.isApprox(whole.head(values.size()), 1e-12));
  }
}

TEST_CASE("the effective rank is the number of equal directions, and less if they differ",
          "[ops][svd]") {
  CHECK(effective_rank(Eigen::VectorXd::Constant(4, 0.3)) == Approx(4));
  CHECK(effective_rank(Eigen::Vector3d(7, 0, 0)) == Approx(1));
  // p = 3/4 and 1/4: exp(0.75·ln(4/3) + 0.25·ln 4)
  CHECK(effective_rank(Eigen::Vector2d(3, 1)) == Approx(1.754765350));
  CHECK(effective_rank(Eigen::Vector2d(0, 0)) == 0);
}
