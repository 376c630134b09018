// Labels and the classes they mean.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lora/core/group.h"
#include "lora/core/matrix.h"

namespace lora {

/// Whole numbers are class indices. Other labels are names: known ones have the index of their
/// place, unknown ones are sorted as text (by code points, as NumPy and scikit-learn sort) once all
/// have been seen; numbers among them are then names too.
class ClassEncoder {
 public:
  /// What a message calls the label's place, asked for only if there is one.
  using Place = std::function<std::string()>;

  /// `outputs`: indices must be below it, if it is known; `names` in the order of the outputs, if
  /// they are known.
  ClassEncoder(std::optional<Index> outputs, std::vector<std::string> names);

  /// The code of a label: its class, or a negative number that finish() replaces. Throws
  /// Error(input) with the place for a label that cannot be a class.
  std::int32_t encode(std::string_view text, const Place& place);
  std::int32_t encode(std::int64_t number, const Place& place);

  /// True if all codes so far are classes.
  bool is_final() const { return unknown_.empty(); }

  /// Throws Error(input) for the first label whose code is not a class.
  void check_final() const;

  /// After the last label: learns what other processes have met. Codes stay.
  void share(Group& group);

  /// After the last label: makes classes of all codes, in one step for the codes of all rows.
  /// Throws Error(input) if numbers of unknown range would make very many classes of few rows.
  /// `source` begins the message if there are more names than outputs.
  void finish(std::vector<std::int32_t>& codes, const std::string& source);

  /// The names of the classes in the order of their indices; empty if classes are numbers.
  const std::vector<std::string>& names() const { return names_; }

  /// As many as there are outputs, if that is known; else as were met.
  Index classes() const;

 private:
  /// A label that is no index, at least not so far.
  struct Unknown {
    std::string text;
    std::string place;
    bool is_number;
  };

  std::string as_text() const;
  void learn(const std::string& text);
  std::int32_t encode_name(const std::string& text, const Place& place, bool is_number);
  [[noreturn]] void throw_unknown_name(const std::string& text, const Place& place) const;
  void check_numbers() const;
  void check_largest() const;
  void check_number_of(const std::vector<std::string>& names, const std::string& source) const;

  std::optional<Index> outputs_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, std::int32_t> codes_;    // of names and of unknown labels
  std::vector<Unknown> unknown_;                           // code −1 is the first
  std::unordered_map<std::int64_t, std::string> indices_;  // that were met, as they were written
  Index largest_ = -1;
  std::string place_of_largest_;
  Index numbers_ = 0;  // that were met
};

}  // namespace lora
