#include "refusal.h"

#include "lora/core/error.h"

namespace lora::cli {

void refuse_without(bool given, bool needed, std::string_view option, std::string_view other) {
  if (given && !needed) {
    throw Error(ErrorKind::usage, "--", option, " needs --", other);
  }
}

void refuse_together(bool a, std::string_view option_a, bool b, std::string_view option_b,
                     std::string_view reason) {
  if (a && b) {
    throw Error(ErrorKind::usage, "--", option_a, " and --", option_b,
                " contradict each other: ", reason);
  }
}

}  // namespace lora::cli
