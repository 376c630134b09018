// --man and --version.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "support/catch.h"
#include "support/program.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

/// A hyphen as roff writes it when it is part of a name.
std::string in_roff(std::string text) {
  for (std::size_t at = 0; (at = text.find('-', at)) != std::string::npos; at += 2) {
    text.insert(at, "\\");
  }
  return text;
}

}  // namespace

TEST_CASE("the manual page shows every option as --help does", "[cli][man]") {
  const TemporaryDirectory directory;
  const std::string page = run(directory, "--man").out;
  std::size_t options = 0;
  for (const std::string& line : lines_of(run(directory, "--help").out)) {
    if (!line.starts_with("  --")) continue;
    ++options;
    // A few values are NAME,…, which roff has as three dots.
    std::string names = line.substr(2, line.find("  ", 2) - 2);
    if (const std::size_t dots = names.find("…"); dots != std::string::npos) {
      names.replace(dots, std::string("…").size(), "...");
    }
    CAPTURE(names);
    CHECK(page.find("\n.B " + in_roff(names) + "\n") != std::string::npos);
  }
  CHECK(options > 70);
  for (const char* section :
       {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS", "EXAMPLES"}) {
    CAPTURE(section);
    CHECK(page.find("\n.SH " + std::string(section) + "\n") != std::string::npos);
  }
  for (const char* command : kCommands) {
    CAPTURE(command);
    CHECK(page.find("\n.TP\n.B " + std::string(command) + "\n") != std::string::npos);
  }
}

TEST_CASE("the manual page says every exit code", "[cli][man]") {
  const TemporaryDirectory directory;
  const std::string page = run(directory, "--man").out;
  const std::string status = page.substr(page.find(".SH EXIT STATUS"));
  for (const char* code : {"0", "1", "2", "3", "4", "5", "6", "7", "130"}) {
    CAPTURE(code);
    CHECK(status.find("\n.TP\n.B " + std::string(code) + "\n") != std::string::npos);
  }
}

TEST_CASE("the manual page is ASCII, and no line of text is taken for a request", "[cli][man]") {
  const TemporaryDirectory directory;
  for (const std::string& line : lines_of(run(directory, "--man").out)) {
    CAPTURE(line);
    CHECK(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }));
    const std::string request = line.substr(0, line.find(' '));
    if (!line.starts_with('.')) continue;
    bool known = false;
    for (const char* one : {".\\\"", ".TH", ".fchar", ".nh", ".ad", ".SH", ".SS", ".TP", ".B",
                            ".PP", ".nf", ".fi", ".br"}) {
      known = known || request == one;
    }
    CHECK(known);
  }
}

TEST_CASE("the manual page is formatted without a warning", "[cli][man]") {
  if (std::system("command -v groff >/dev/null 2>&1") != 0) return;
  const TemporaryDirectory directory;
  directory.write("page", run(directory, "--man").out);
  for (const char* device : {"utf8", "ascii"}) {
    CAPTURE(device);
    CHECK(output_of("groff -man -ww -z -T" + std::string(device) + " " +
                    (directory.path() / "page").string() + " 2>&1") == "");
  }
}

TEST_CASE("--version says what the program is made of, a fact a line", "[cli]") {
  const TemporaryDirectory directory;
  const auto lines = lines_of(run(directory, "--version").out);
  REQUIRE(lines.size() == 6);
  CHECK(lines[0].starts_with("lora-train 0."));
  const std::vector<std::string> facts = {"commit", "compiler", "instructions", "products",
                                          "libraries"};
  for (std::size_t i = 0; i < facts.size(); ++i) {
    CAPTURE(lines[i + 1]);
    CHECK(lines[i + 1].starts_with(facts[i] + " "));
    CHECK(lines[i + 1].size() > 16);
  }
  CHECK(lines[5].find("Eigen 3.") != std::string::npos);
}

TEST_CASE("the commit in --version is one of git's, or unknown", "[cli]") {
  const TemporaryDirectory directory;
  std::string commit = lines_of(run(directory, "--version").out).at(1).substr(14);
  if (commit.ends_with("-dirty")) commit.resize(commit.size() - 6);
  CAPTURE(commit);
  CHECK(
      (commit == "unknown" ||
       (commit.size() == 12 && commit.find_first_not_of("0123456789abcdef") == std::string::npos)));
}
