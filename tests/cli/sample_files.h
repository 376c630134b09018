// Small files for runs of the whole program: good ones, and each with one fault.
#pragma once

#include "support/temporary_directory.h"

namespace lora::test {

/// Writes them all. The good ones: good.csv (x1, x2, y: 4 rows), classes.csv (x1, x2, label 0 to
/// 2), x.npy (4, 2), y.npy (4,), base.safetensors (head.weight (1, 2), head.bias),
/// stack.safetensors (0.weight (3, 2), 0.bias, 2.weight (1, 3)).
void write_sample_files(const TemporaryDirectory& directory);

}  // namespace lora::test
