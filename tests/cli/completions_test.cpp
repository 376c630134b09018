// The completions for shells: all options are in them, and bash is asked what it makes of them.
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/program.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

using Names = std::vector<std::string>;

/// "lr", "no-shuffle", "learning-rate": every name that --help shows.
std::set<std::string> names_in_help() {
  std::set<std::string> names;
  const std::string text = run_lora_train(".", "--help").out;
  for (std::size_t at = 0; (at = text.find("--", at)) != std::string::npos;) {
    const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", at);
    names.insert(text.substr(at + 2, end - at - 2));
    at = end;
  }
  return names;
}

std::string script(const TemporaryDirectory& directory, const std::string& shell) {
  return run(directory, "--completion " + shell).out;
}

bool has(const std::string& program) {
  return std::system(("command -v " + program + " >/dev/null 2>&1").c_str()) == 0;
}

/// What bash offers for the last of these words, in this order.
Names offered(const TemporaryDirectory& directory, const std::string& words) {
  directory.write("complete.bash",
                  "cd '" + directory.path().string() +
                      "'\n"
                      "source completion\n"
                      "COMP_WORDS=(lora-train " +
                      words +
                      ")\n"
                      "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
                      "read -r _ _ function _ < <(complete -p lora-train)\n"
                      "\"$function\"\n"
                      "((${#COMPREPLY[@]} == 0)) || printf '%s\\n' \"${COMPREPLY[@]}\"\n");
  return lines_of(output_of("bash --norc " + (directory.path() / "complete.bash").string() +
                            " | LC_ALL=C sort"));
}

}  // namespace

TEST_CASE("each shell's script knows every option that --help shows", "[cli][completion]") {
  const TemporaryDirectory directory;
  const std::set<std::string> names = names_in_help();
  REQUIRE(names.size() > 90);
  for (const char* name : {"lr", "learning-rate", "no-shuffle", "completion", "base"}) {
    REQUIRE(names.contains(name));
  }
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    // A name ends where a shell's syntax goes on.
    const std::string text = script(directory, shell);
    for (const std::string& name : names) {
      CAPTURE(shell, name);
      bool found = false;
      const std::string option = (shell == "fish" ? " -l " : "--") + name;
      for (const char end : {' ', '\'', '[', '=', ')'}) {
        found = found || text.find(option + end) != std::string::npos;
      }
      CHECK(found);
    }
    for (const char* command : kCommands) {
      CAPTURE(shell, command);
      CHECK(text.find(command) != std::string::npos);
    }
  }
}

TEST_CASE("a shell without completions is refused with those that have them", "[cli][completion]") {
  const ProgramResult result = run_lora_train(".", "--completion csh");
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  for (const char* part : {"shell 'csh'", "bash, zsh, fish"}) {
    CHECK(result.err.find(part) != std::string::npos);
  }
}

TEST_CASE("the scripts are ones that their shells can read", "[cli][completion]") {
  const TemporaryDirectory directory;
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (!has(shell)) continue;
    directory.write("script", script(directory, shell));
    CAPTURE(shell);
    CHECK(std::system((shell + " -n " + (directory.path() / "script").string()).c_str()) == 0);
  }
}

TEST_CASE("bash completes commands, their options, and names that options take",
          "[cli][completion]") {
  const TemporaryDirectory directory;
  directory.write("completion", script(directory, "bash"));
  CHECK(offered(directory, "''") ==
        Names{"compare", "eval", "extract", "inspect", "merge", "plan", "predict", "train"});
  CHECK(offered(directory, "p") == Names{"plan", "predict"});
  CHECK(offered(directory, "--opti") == Names{"--optimizer"});
  CHECK(offered(directory, "train --optimizer ada") == Names{"adagrad", "adam", "adamw"});
  CHECK(offered(directory, "train --lr 0.1 --init ''") ==
        Names{"gaussian", "kaiming", "normal", "olora", "orthogonal", "pissa"});
  CHECK(offered(directory, "--class-weights b") == Names{"balanced"});
  CHECK(offered(directory, "--completion ''") == Names{"bash", "fish", "zsh"});
  CHECK(offered(directory, "--seed ''").empty());
}

TEST_CASE("bash offers a command its own options only", "[cli][completion]") {
  const TemporaryDirectory directory;
  directory.write("completion", script(directory, "bash"));
  CHECK(offered(directory, "merge --adapter-") == Names{"--adapter-weights"});
  CHECK(offered(directory, "eval --adapter-").empty());
  CHECK(offered(directory, "eval --optim").empty());
  CHECK(offered(directory, "plan --save") == Names{"--save"});
  CHECK(offered(directory, "merge --save").empty());
  CHECK(offered(directory, "eval --vers") == Names{"--version"});
}

TEST_CASE("bash knows the other names of an option, and offers them if no usual name fits",
          "[cli][completion]") {
  const TemporaryDirectory directory;
  directory.write("completion", script(directory, "bash"));
  CHECK(offered(directory, "--lora-a") == Names{"--lora-alpha"});
  CHECK(offered(directory, "--no-sh") == Names{"--no-shuffle"});
  CHECK(offered(directory, "--optim adamw") == Names{"adamw"});
}

TEST_CASE("bash completes a value behind an equals sign", "[cli][completion]") {
  const TemporaryDirectory directory;
  directory.write("completion", script(directory, "bash"));
  CHECK(offered(directory, "--gram =") == Names{"auto", "off", "on"});
  CHECK(offered(directory, "--gram = o") == Names{"off", "on"});
}

TEST_CASE("bash offers files where an option takes one, and directories only where it takes one",
          "[cli][completion]") {
  const TemporaryDirectory directory;
  directory.write("completion", script(directory, "bash"));
  directory.write("my rows.csv", "1\n");
  std::filesystem::create_directory(directory.path() / "my_adapter");
  directory.write("my_adapter/x", "1\n");
  CHECK(offered(directory, "--data my") == Names{"my rows.csv", "my_adapter"});
  CHECK(offered(directory, "--base my") == Names{"my rows.csv", "my_adapter"});
  CHECK(offered(directory, "--config my_adapter/") == Names{"my_adapter/x"});
  CHECK(offered(directory, "eval --adapter my") == Names{"my_adapter"});
  CHECK(offered(directory, "inspect my") == Names{"my rows.csv", "my_adapter"});
  CHECK(offered(directory, "train my").empty());
}
