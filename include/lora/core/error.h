// The one exception type: a sentence for the person at the terminal, and what kind of fault it is.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace lora {

enum class ErrorKind {
  usage,     ///< an option or configuration is wrong, alone or together with another
  input,     ///< an input file or its data is wrong
  training,  ///< a loss or gradient went wrong
  output,    ///< an output could not be written
  memory,    ///< not enough memory
};

/// Thrown for whatever files, options and data can be wrong in. A call that breaks a function's
/// contract is a fault of the caller: std::logic_error where that is looked at. Whether the shapes
/// of matrices fit each other is not looked at but by Eigen's assertions, in builds that have them.
class Error : public std::runtime_error {
 public:
  /// The parts are printed one after another: Error(ErrorKind::input, path, ": ", n, " rows").
  template <class... Parts>
  explicit Error(ErrorKind kind, const Parts&... parts)
      : std::runtime_error(concatenate(parts...)), kind_(kind) {}

  ErrorKind kind() const { return kind_; }

 private:
  template <class... Parts>
  static std::string concatenate(const Parts&... parts) {
    std::ostringstream text;
    (text << ... << parts);
    return text.str();
  }

  ErrorKind kind_;
};

}  // namespace lora
