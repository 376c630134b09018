// One option: its names, its help, and how its value is read from and written as text.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/matrix.h"

namespace lora::cli {

/// The verbs that an option is for, as bits.
enum VerbBit : unsigned {
  kTrain = 1,
  kEval = 2,
  kPredict = 4,
  kInspect = 8,
  kMerge = 16,
  kExtract = 32,
  kPlan = 64,
  kCompare = 128,
  kTrainOrPlan = kTrain | kPlan,
  kEveryVerb = 255
};

/// The headings of options that make a run what it is.
inline constexpr const char* kAdapterGroup = "Adapter";
inline constexpr const char* kOptimisationGroup = "Optimisation";

/// The heading of options that say what is written, and change no number.
inline constexpr const char* kOutputGroup = "Output";

struct Setting {
  std::string name;                  ///< "lr"
  std::vector<std::string> aliases;  ///< "learning-rate"
  std::string group;                 ///< the heading in --help
  std::string value_name;            ///< "N", "FILE"; empty for a switch
  std::string help;
  std::vector<std::string> choices;  ///< names that its value may be: a shell offers them
  unsigned verbs = kEveryVerb;       ///< bits of VerbBit
  bool repeats = false;              ///< may be given several times: set() is called for each

  /// Takes a value from the command line or a file. Throws Error(usage) that names the option, the
  /// value, and what would be right.
  std::function<void(const std::string& text)> set;

  /// The present value; null if there is none.
  std::function<nlohmann::ordered_json()> value;

  bool is_switch() const { return value_name.empty(); }
};

/// Whether an option changes no number of a run, but says how it is watched or what is written.
bool only_watches(const Setting& setting);

/// Options about outputs that are there already, with which a run is no other.
inline constexpr std::array<std::string_view, 3> kAboutOldOutputs = {"resume", "allow-changed",
                                                                     "overwrite"};

/// The numbers an option takes, and how a sentence calls them.
struct WholeRange {
  std::int64_t least;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};
struct RealRange {
  double least;
  double most = std::numeric_limits<double>::infinity();
  bool without_least = false;  ///< least itself is too small
  bool without_most = false;   ///< most itself is too large
};

/// Whole and real numbers in full: "12abc", "", "1e400" and "nan" are refused.
std::int64_t parse_whole(const std::string& name, const std::string& text, WholeRange range);
double parse_real(const std::string& name, const std::string& text, RealRange range);
bool parse_switch(const std::string& name, const std::string& text);

/// A 64-bit seed as torch.manual_seed takes it: −2⁶³ … 2⁶⁴−1; the same bits in an int64.
std::int64_t parse_seed(const std::string& name, const std::string& text);

}  // namespace lora::cli
