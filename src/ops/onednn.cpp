// oneDNN is loaded when the first large product asks for it, not when the program starts: loading
// it takes longer than a whole small run.
#include "onednn.h"

#include <csignal>
#include <dlfcn.h>
#include <dnnl.h>
#include <string>

namespace lora {

namespace {

/// What is used of the library; null if it is not there.
struct Onednn {
  decltype(&dnnl_sgemm) sgemm = nullptr;
  void (*set_threads)(int) = nullptr;  // of the OpenMP that it runs on
};

Onednn load() {
  const std::string library = "libdnnl.so." + std::to_string(DNNL_VERSION_MAJOR);
  void* handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return {};
  return {reinterpret_cast<decltype(&dnnl_sgemm)>(dlsym(handle, "dnnl_sgemm")),
          reinterpret_cast<void (*)(int)>(dlsym(handle, "omp_set_num_threads"))};
}

char letter(Op op) {
  return op == Op::none ? 'N' : 'T';
}

/// Keeps signals away from this thread. The kernels that oneDNN generates for AVX2 have numbers
/// below the stack pointer (seen in 2.6.3), where a signal handler's frame would be written over
/// them. The one for a mapped file that has lost its end stays: its handler never comes back.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    sigdelset(&all, SIGBUS);
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
  static const Onednn onednn = load();
  if (onednn.sgemm == nullptr || onednn.set_threads == nullptr) return false;
  const WithoutSignals guard;
  onednn.set_threads(1);  // for this thread's calls: how blocks are shared out is matmul's matter
  const Index inner = op_a == Op::none ? a.cols() : a.rows();
  return onednn.sgemm(letter(op_a), letter(op_b), c.rows(), c.cols(), inner, alpha, a.data(),
                      a.outerStride(), b.data(), b.outerStride(), beta, c.data(),
                      c.outerStride()) == dnnl_success;
}

}  // namespace lora
