// Text and numbers as SVG and HTML have them.
#pragma once

#include <string>
#include <string_view>

namespace lora {

/// For between tags and in attributes: what means something there is escaped; what may not stand
/// there, control characters and bytes that are not UTF-8, becomes U+FFFD.
std::string escaped(std::string_view text);

/// With at most so many digits behind the point, and no zeros at the end.
std::string decimal(double value, int digits);

/// With so many significant digits at most, as short as it goes: "0.0123", "2e-5", "1.5e6".
std::string significant(double value, int digits);

}  // namespace lora
