#include "man_page.h"

#include <cstddef>
#include <cstdio>
#include <string_view>

#include "help.h"
#include "lora/core/table.h"
#include "shell_option.h"
#include "verbs.h"
#include "version.h"

namespace lora::cli {

namespace {

struct Example {
  std::string_view command;
  std::string_view what;
};

constexpr Example kExamples[] = {
    {"lora-train --in 64 --out 10 --rank 4 --epochs 10",
     "The demo: ten steps on random data, with the losses that PyTorch prints."},
    {"lora-train --data rows.csv --target label --base head.safetensors --val-split 0.2 --save "
     "adapted",
     "Trains an adapter for a classifier's last layer, keeps the epoch that is best on a fifth of "
     "the rows, and writes it as a PEFT directory."},
    {"lora-train predict --adapter adapted --data new.csv --output predictions.csv",
     "Writes what base and adapter say of other rows."},
    {"lora-train merge --base head.safetensors --adapter adapted --output merged.safetensors",
     "Folds the adapter into a copy of its base."},
};

/// The code point that starts at text[i], which moves on to its last byte.
char32_t code_point(std::string_view text, std::size_t& i) {
  const unsigned byte = static_cast<unsigned char>(text[i]);
  const int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
  char32_t point = more == 0 ? byte : byte & (0x3FU >> static_cast<unsigned>(more));
  for (int k = 0; k < more && i + 1 < text.size(); ++k) {
    point = (point << 6U) | (static_cast<unsigned char>(text[++i]) & 0x3FU);
  }
  return point;
}

/// What roff calls a character that it would take for something else; empty for any other.
std::string_view escape_of(char32_t point) {
  switch (point) {
    case '\\':
      return "\\(rs";
    case '-':
      return "\\-";
    case '\'':
      return "\\(aq";
    case '"':
      return "\\(dq";
    case '`':
      return "\\(ga";
    case '^':
      return "\\(ha";
    case '~':
      return "\\(ti";
    case U'…':
      return "...";
    default:
      return "";
  }
}

/// Text that roff sets as it is.
std::string roff(std::string_view text) {
  std::string result = text.starts_with('.') ? "\\&" : "";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t point = code_point(text, i);
    if (const std::string_view escape = escape_of(point); !escape.empty()) {
      result += escape;
    } else if (point < 0x80) {
      result += static_cast<char>(point);
    } else {
      char name[16];
      std::snprintf(name, sizeof name, "\\[u%04X]", static_cast<unsigned>(point));
      result += name;
    }
  }
  return result;
}

std::string section(std::string_view name) {
  return ".SH " + roff(name) + "\n";
}

/// A paragraph with a tag on its left, in bold.
std::string tagged(std::string_view tag, std::string_view text) {
  return ".TP\n.B " + roff(tag) + "\n" + roff(text) + "\n";
}

/// A command line as it is typed.
std::string command(std::string_view text) {
  return ".PP\n.nf\n" + roff(text) + "\n.fi\n";
}

std::string synopsis() {
  std::string text = section("SYNOPSIS");
  for (const Verb& verb : verbs()) {
    const std::string name(verb.name);
    const std::string shown = verb.name == kDefaultVerb ? "[" + name + "]" : name;
    text += ".B lora\\-train " + roff(shown) + "\n" + roff(verb.usage) + "\n.br\n";
  }
  return text + ".B lora\\-train\n" + roff("[COMMAND] --help") + "\n";
}

std::string description() {
  return section("DESCRIPTION") +
         roff(
             "lora-train adapts a layer, or a stack of layers, that you have as a file to rows "
             "that you have as a table or an array: low-rank factors (LoRA) are trained beside the "
             "frozen weight, which stays as it is. Its numbers are PyTorch's, and it writes the "
             "adapter as PEFT keeps it. It runs on a CPU.") +
         "\n.PP\n" +
         roff(
             "Results go to stdout, everything else to stderr. Each option is also a key of the "
             "file of --config, where a switch is written as shuffle = true; the command line "
             "wins. A command refuses options that it does not use, and passes over them in such a "
             "file.") +
         "\n";
}

std::string commands() {
  std::string text = section("COMMANDS");
  for (const Verb& verb : verbs()) text += tagged(verb.name, verb.help);
  return text;
}

/// "(train, plan)" below the text, or nothing if every command uses the option.
std::string users_of(const Setting& setting) {
  const std::vector<std::string> users = names_of_verbs(setting.verbs);
  return users.size() == verbs().size() ? "" : ".br\n" + roff("(" + joined(users) + ")") + "\n";
}

std::string options(const std::vector<Setting>& settings) {
  std::string text = section("OPTIONS");
  text += roff(
              "Defaults stand in brackets, or where they depend on the kind of work, in "
              "parentheses; below them, the commands that use the option, if not all do.") +
          "\n";
  std::string group;
  for (const Setting& setting : settings) {
    if (setting.group != group) text += ".SS " + roff(setting.group) + "\n";
    group = setting.group;
    text += tagged(usage_of(setting), help_of(setting)) + users_of(setting);
  }
  text += ".SS About\n";
  for (const MetaOption& option : meta_options()) text += tagged(usage_of(option), option.help);
  return text;
}

std::string exit_status() {
  std::string text = section("EXIT STATUS");
  for (const ExitMeaning& exit : exit_meanings()) {
    text += tagged(std::to_string(exit.code), exit.meaning);
  }
  return text;
}

std::string examples() {
  std::string text = section("EXAMPLES");
  for (const Example& example : kExamples) {
    text += command(example.command) + ".PP\n" + roff(example.what) + "\n";
  }
  return text;
}

}  // namespace

std::string man_page(const std::vector<Setting>& settings) {
  return ".\\\" Made by: lora\\-train \\-\\-man\n"
         ".TH LORA\\-TRAIN 1 \"\" \"lora\\-train " +
         roff(version_number()) +
         "\" \"User Commands\"\n"
         ".fchar \\[sr] sqrt\\~\n"  // for terminals without a root sign
         ".nh\n.ad l\n" +
         section("NAME") +
         "lora\\-train \\- train low\\-rank adapters for frozen weights, on a CPU\n" + synopsis() +
         description() + commands() + options(settings) + exit_status() + examples();
}

}  // namespace lora::cli
