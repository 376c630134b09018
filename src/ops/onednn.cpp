// oneDNN is loaded when the first large product asks for it, not when the program starts: loading
// it takes longer than a whole small run.
#include "onednn.h"

#include <csignal>
#include <dlfcn.h>
#include <dnnl.h>
#include <omp.h>
#include <string>

namespace lora {

namespace {

using Sgemm = decltype(&dnnl_sgemm);

Sgemm load_sgemm() {
  const std::string library = "libdnnl.so." + std::to_string(DNNL_VERSION_MAJOR);
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  return handle == nullptr ? nullptr : reinterpret_cast<Sgemm>(dlsym(handle, "dnnl_sgemm"));
}

char letter(Op op) {
  return op == Op::none ? 'N' : 'T';
}

/// Keeps signals away from this thread. The kernels that oneDNN generates for AVX2 have numbers
/// below the stack pointer (seen in 2.6.3), where a signal handler's frame would be written over
/// them.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

 private:
  sigset_t before_{};
};

}  // namespace

bool onednn_gemm(Op op_a, const View& a, Op op_b, const View& b, MutableView& c, Real alpha,
                 Real beta) {
  static const Sgemm sgemm = load_sgemm();
  if (sgemm == nullptr) return false;
  const WithoutSignals guard;
  omp_set_num_threads(1);  // for this thread's calls: how blocks are shared out is matmul's matter
  const Index inner = op_a == Op::none ? a.cols() : a.rows();
  return sgemm(letter(op_a), letter(op_b), c.rows(), c.cols(), inner, alpha, a.data(),
               a.outerStride(), b.data(), b.outerStride(), beta, c.data(),
               c.outerStride()) == dnnl_success;
}

}  // namespace lora
