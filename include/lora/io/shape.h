// The shape of an array in a file, before anybody trusts it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace lora {

/// a·b, or nothing if it does not fit.
std::optional<std::uint64_t> checked_product(std::uint64_t a, std::uint64_t b);

/// The product of the dimensions, taken from the left; 1 for a scalar's (). Nothing if it does not
/// fit.
std::optional<std::uint64_t> element_count(std::span<const std::uint64_t> shape);

/// "(2, 3)", "(5,)", "()": as Python writes it.
std::string shape_text(std::span<const std::uint64_t> shape);

}  // namespace lora
