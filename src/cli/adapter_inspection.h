// What there is to say of an adapter or of checkpoints.
#pragma once

#include <string>

#include "inspection.h"
#include "lora/artifact/checkpoint.h"
#include "options.h"

namespace lora::cli {

/// An adapter's directory; with its share of the base's weight if the base is here.
Inspection inspect_adapter(const std::string& path, const Options& options);

/// A line for each checkpoint, and what is in the newest that is whole.
Inspection inspect_checkpoints(const CheckpointDirectory& directory);

}  // namespace lora::cli
