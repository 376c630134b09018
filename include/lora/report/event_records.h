// Event files of TensorBoard: records of TFRecord with the protocol buffers Event and Summary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lora {

/// Length, payload, and the masked CRC-32C of each: all little-endian.
std::string framed_record(std::string_view payload);

/// The payload of an Event that begins a file. Times are seconds since 1970.
std::string version_event(double wall_time);

/// The payload of an Event with a Summary of simple values.
std::string scalar_event(double wall_time, std::int64_t step,
                         const std::vector<std::pair<std::string, double>>& scalars);

/// Whether bytes begin as version_event() has it, framed.
bool is_event_file(std::string_view bytes);

/// The first records of an event file, up to one of a later step or one that is not whole.
std::string_view records_until(std::string_view bytes, std::int64_t step);

}  // namespace lora
