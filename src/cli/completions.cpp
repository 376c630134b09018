#include "completions.h"

#include <array>

#include "bash_completion.h"
#include "fish_completion.h"
#include "zsh_completion.h"

namespace lora::cli {

namespace {

constexpr std::array kShells = {
    Shell{"bash", bash_completion},
    Shell{"zsh", zsh_completion},
    Shell{"fish", fish_completion},
};

}  // namespace

std::span<const Shell> shells() {
  return kShells;
}

}  // namespace lora::cli
