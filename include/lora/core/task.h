// What the targets of a data set are.
#pragma once

namespace lora {

enum class Task { regression, classification };

}  // namespace lora
