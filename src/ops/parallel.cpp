#include "lora/ops/parallel.h"

#ifdef _OPENMP
#include <omp.h>
#endif

namespace lora {

int available_threads() {
#ifdef _OPENMP
  return omp_get_num_procs();
#else
  return 1;
#endif
}

}  // namespace lora
