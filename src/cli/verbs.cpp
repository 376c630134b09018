#include "verbs.h"

#include <array>

#include "train_command.h"

namespace lora::cli {

namespace {

constexpr std::array kVerbs = {
    Verb{"train", "trains an adapter (what is done if no command is named)", run_train},
};

}  // namespace

std::span<const Verb> verbs() {
  return kVerbs;
}

}  // namespace lora::cli
