#include "command_line.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>

#include <CLI/CLI.hpp>

#include "completions.h"
#include "config_file.h"
#include "help.h"
#include "lora/core/error.h"
#include "lora/core/nearest.h"
#include "lora/core/table.h"
#include "man_page.h"
#include "shell_option.h"
#include "verbs.h"
#include "version.h"

namespace lora::cli {

namespace {

using Texts = std::vector<std::string>;

/// CLI11's names of a setting: every name, and for a switch its negation.
std::string flag_names(const Setting& setting) {
  std::string names = "--" + setting.name;
  for (const std::string& alias : setting.aliases) names += ",--" + alias;
  if (setting.is_switch()) names += ",!--no-" + setting.name;
  return names;
}

/// Takes any text: what it means is the setting's matter.
CLI::Option* add_to(CLI::App& app, const std::string& names, bool is_switch) {
  CLI::Option* option =
      is_switch ? app.add_flag(names)
                : app.add_option(names, [](const CLI::results_t&) { return true; })->expected(1);
  return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

/// "--rnak=4" and "-x" without their value.
std::string without_value(const std::string& argument) {
  return argument.substr(0, argument.find('='));
}

bool is_option(const std::string& argument) {
  return argument.starts_with('-') && argument != "-";
}

[[noreturn]] void refuse_unknown(const std::string& argument, const CLI::App& app) {
  if (!is_option(argument)) {
    throw Error(ErrorKind::usage, "unexpected argument '", argument,
                "'; values follow their option, as in --data rows.csv");
  }
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.push_back("--" + name);
  }
  const std::string name = without_value(argument);
  const std::string near = nearest(name, known);
  throw Error(ErrorKind::usage, "unknown option ", name,
              near.empty() ? "; --help lists all" : "; did you mean " + near + "?");
}

/// CLI11's own complaints, in our words.
[[noreturn]] void refuse_misuse(const CLI::ParseError& error) {
  const std::string what = error.what();
  const std::string option = what.substr(0, what.find(':'));
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr && option.starts_with('-')) {
    throw Error(ErrorKind::usage, option, " needs a value");
  }
  throw Error(ErrorKind::usage, what);
}

void parse(CLI::App& app, std::vector<std::string> arguments) {
  std::ranges::reverse(arguments);  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    refuse_misuse(error);
  }
}

/// The texts given for an option, each time that it is given.
std::vector<std::string> results_of(const CLI::Option& option) {
  const CLI::results_t& results = option.results();
  for (const std::string& result : results) {
    if (!result.starts_with("--")) continue;  // CLI11 takes whatever follows
    throw Error(ErrorKind::usage, option.get_name(), " needs a value, but ", result, " follows");
  }
  return results;
}

/// The one text given for an option, or nothing.
std::optional<std::string> only_result(const CLI::Option& option) {
  const std::vector<std::string> results = results_of(option);
  if (results.empty()) return std::nullopt;
  if (results.size() > 1) {
    throw Error(ErrorKind::usage, option.get_name(), " is given ", results.size(), " times ('",
                results[0], "', '", results[1], "'); once is right");
  }
  return results.front();
}

/// The setting that a key of a file names.
Setting& setting_of(const ConfigEntry& entry, std::vector<Setting>& settings) {
  std::vector<std::string> known;
  for (Setting& setting : settings) {
    if (setting.name == entry.key ||
        std::ranges::find(setting.aliases, entry.key) != setting.aliases.end()) {
      return setting;
    }
    known.push_back(setting.name);
    known.insert(known.end(), setting.aliases.begin(), setting.aliases.end());
  }
  const std::string near = nearest(entry.key, known);
  throw Error(ErrorKind::usage, entry.place, ": unknown key '", entry.key, "'",
              near.empty() ? "; --help lists all" : "; did you mean '" + near + "'?");
}

/// Applies the keys of a file, except where the command line has spoken, and returns them.
std::vector<std::string> apply_config(const std::string& path, std::vector<Setting>& settings,
                                      const std::vector<Texts>& given) {
  std::vector<std::string> applied;
  std::set<std::string> seen;
  for (const ConfigEntry& entry : read_config(path)) {
    Setting& setting = setting_of(entry, settings);
    if (!seen.insert(setting.name).second) {
      throw Error(ErrorKind::usage, entry.place, ": '", entry.key, "' sets --", setting.name,
                  " a second time");
    }
    if (!given[static_cast<std::size_t>(&setting - settings.data())].empty()) continue;
    applied.push_back(setting.name);
    try {
      for (const std::string& text : setting.repeats ? entry.items : Texts{entry.text}) {
        setting.set(text);
      }
    } catch (const Error& error) {
      throw Error(error.kind(), entry.place, ": ", error.what());
    }
  }
  return applied;
}

/// The verb that the first argument names; none if it is an option.
std::string take_verb(std::vector<std::string>& arguments) {
  if (arguments.empty() || is_option(arguments.front())) return "";
  std::string verb = arguments.front();
  find_entry(verbs(), "command", verb);
  arguments.erase(arguments.begin());
  return verb;
}

/// "train, eval and predict": the verbs that use a setting.
std::string users_of(const Setting& setting) {
  std::vector<std::string> users = names_of_verbs(setting.verbs);
  const std::string last = users.back();
  users.pop_back();
  return users.empty() ? last : joined(users) + " and " + last;
}

/// What the command line gives each setting. Refuses those that the verb does not use.
std::vector<Texts> given_to(const std::vector<Setting>& settings,
                            const std::vector<CLI::Option*>& options, const Verb& verb) {
  std::vector<Texts> given;
  given.reserve(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto only = settings[i].repeats ? std::nullopt : only_result(*options[i]);
    given.push_back(settings[i].repeats ? results_of(*options[i]) : only ? Texts{*only} : Texts{});
    if (!given.back().empty() && (settings[i].verbs & verb.bit) == 0) {
      throw Error(ErrorKind::usage, "--", settings[i].name, " is no option of ", verb.name,
                  ", but of ", users_of(settings[i]));
    }
  }
  return given;
}

/// --config, --help and their like, by MetaOption::names.
using MetaOptions = std::map<std::string, CLI::Option*>;

/// What --help or one of its like prints; nothing if none of them is given.
std::optional<std::string> text_to_print(const MetaOptions& meta,
                                         const std::vector<Setting>& settings,
                                         const std::string& verb) {
  if (meta.at("-h,--help")->count() > 0) return help_text(settings, verb);
  if (meta.at("--version")->count() > 0) return version_text();
  if (meta.at("--man")->count() > 0) return man_page(settings);
  const auto shell = only_result(*meta.at("--completion"));
  if (!shell) return std::nullopt;
  return find_entry(shells(), "shell", *shell).script(shell_options(settings));
}

/// A file name may be no UTF-8, which neither TOML nor JSON can say; such bytes are replaced.
/// TOML forbids a raw DEL, which JSON allows.
std::string text_of(const nlohmann::ordered_json& value) {
  constexpr char kDel = '\x7f';
  std::string text;
  for (const char c :
       value.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)) {
    if (c == kDel) {
      text += "\\u007f";
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv, std::vector<Setting>& settings) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const std::string named = take_verb(arguments);
  CommandLine line;
  line.verb = named.empty() ? kDefaultVerb : named;
  const Verb& verb = find_entry(verbs(), "command", line.verb);

  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  std::vector<CLI::Option*> options;
  options.reserve(settings.size());
  for (const Setting& setting : settings) {
    options.push_back(add_to(app, flag_names(setting), setting.is_switch()));
  }
  MetaOptions meta;
  for (const MetaOption& option : meta_options()) {
    meta[option.names] = add_to(app, option.names, option.value_name.empty());
  }
  parse(app, std::move(arguments));

  if (const auto text = text_to_print(meta, settings, named)) {
    line.action = CommandLine::Action::print_text;
    line.text = *text;
    return line;
  }
  const std::vector<Texts> given = given_to(settings, options, verb);
  const auto config = only_result(*meta.at("--config"));
  for (const std::string& extra : app.remaining()) {
    if (!verb.takes_paths || is_option(extra)) refuse_unknown(extra, app);
    line.paths.push_back(extra);
  }

  if (config) line.given_in_file = apply_config(*config, settings, given);
  for (std::size_t i = 0; i < settings.size(); ++i) {
    for (const std::string& text : given[i]) settings[i].set(text);
    if (!given[i].empty()) line.given.push_back(settings[i].name);
  }
  if (meta.at("--print-config")->count() > 0) line.action = CommandLine::Action::print_config;
  return line;
}

std::string as_toml(const std::vector<Setting>& settings, unsigned verbs) {
  std::string text;
  for (const Setting& setting : settings) {
    if ((setting.verbs & verbs) == 0) continue;
    const nlohmann::ordered_json value = setting.value();
    if (!value.is_null()) text += setting.name + " = " + text_of(value) + "\n";
  }
  return text;
}

nlohmann::ordered_json as_json(const std::vector<Setting>& settings, unsigned verbs) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const Setting& setting : settings) {
    if ((setting.verbs & verbs) != 0) object[setting.name] = setting.value();
  }
  return object;
}

}  // namespace lora::cli
