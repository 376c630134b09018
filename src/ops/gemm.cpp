#include "gemm.h"

#include <algorithm>

#include "onednn.h"

namespace lora {

namespace {

// From this many multiply-adds on, a block goes to oneDNN. Its first call compiles a kernel, which
// takes tens of milliseconds: small problems must never get here.
constexpr double kOnednnWork = 1 << 23;

// Along a side of this length Eigen's copies take long: there oneDNN pays earlier. The products
// with a frozen weight of such a side have called it before.
constexpr Index kLongSide = 2048;
constexpr double kOnednnWorkOfLongSide = 1 << 20;

template <class A, class B>
void eigen_gemm(const A& a, const B& b, MutableView& c, Real alpha, Real beta) {
  if (beta == Real{0}) {
    c.noalias() = alpha * (a * b);
  } else {
    if (beta != Real{1}) c *= beta;
    c.noalias() += alpha * (a * b);
  }
}

}  // namespace

void gemm(Op op_a, const View& a, Op op_b, const View& b, MutableView c, Real alpha, Real beta) {
  const Index inner = op_a == Op::none ? a.cols() : a.rows();
  const double work =
      static_cast<double>(c.rows()) * static_cast<double>(c.cols()) * static_cast<double>(inner);
  const bool is_long = std::max({c.rows(), c.cols(), inner}) >= kLongSide;
  const double least = is_long ? kOnednnWorkOfLongSide : kOnednnWork;
  if (work >= least && onednn_gemm(op_a, a, op_b, b, c, alpha, beta)) return;

  if (op_a == Op::none && op_b == Op::none) {
    eigen_gemm(a, b, c, alpha, beta);
  } else if (op_a == Op::none) {
    eigen_gemm(a, b.transpose(), c, alpha, beta);
  } else if (op_b == Op::none) {
    eigen_gemm(a.transpose(), b, c, alpha, beta);
  } else {
    eigen_gemm(a.transpose(), b.transpose(), c, alpha, beta);
  }
}

}  // namespace lora
