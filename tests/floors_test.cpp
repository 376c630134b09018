// The plan of the house: which room may see which, read from the #include lines.
#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "support/catch.h"

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = LORA_SOURCE_DIR;

const std::map<std::string, int> kFloors = {
    {"core", 0},  {"ops", 1},  {"io", 1},    {"nn", 2},     {"model", 3},    {"loss", 3},
    {"optim", 3}, {"data", 3}, {"train", 4}, {"report", 5}, {"artifact", 5}, {"cli", 6},
};

/// A room includes itself and rooms of lower floors.
bool may_include(const std::string& room, const std::string& other) {
  return room == other || kFloors.at(other) < kFloors.at(room);
}

struct Include {
  std::string name;  ///< what stands between the brackets or quotes
  bool angled;
};

std::optional<Include> include_of(std::string_view line) {
  constexpr std::string_view kWord = "include";
  const auto skip_blanks = [&] {
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  };
  skip_blanks();
  if (!line.starts_with('#')) return std::nullopt;
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with(kWord)) return std::nullopt;
  line.remove_prefix(kWord.size());
  skip_blanks();
  if (line.empty() || (line[0] != '"' && line[0] != '<')) return std::nullopt;
  const bool angled = line[0] == '<';
  const std::size_t end = line.find(angled ? '>' : '"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  return Include{std::string(line.substr(1, end - 1)), angled};
}

std::vector<Include> includes_of(const fs::path& file) {
  std::vector<Include> includes;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (const std::optional<Include> include = include_of(line)) includes.push_back(*include);
  }
  return includes;
}

struct SourceFile {
  std::string path;  ///< from the root: "src/ops/matmul.cpp"
  std::string room;
  std::vector<Include> includes;
};

/// Every .h and .cpp file of the rooms, sorted by path.
std::vector<SourceFile> source_files() {
  std::vector<SourceFile> files;
  for (const char* top : {"include/lora", "src"}) {
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / top)) {
      const std::string extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      const fs::path in_rooms = entry.path().lexically_relative(kRoot / top);
      files.push_back({entry.path().lexically_relative(kRoot).generic_string(),
                       in_rooms.begin()->string(), includes_of(entry.path())});
    }
  }
  std::ranges::sort(files, {}, &SourceFile::path);
  return files;
}

/// The room of an include as "lora/<room>/…"; as "x.h" it is the including file's own.
std::string room_of(const Include& include, const std::string& own_room) {
  constexpr std::string_view kPrefix = "lora/";
  if (include.name.find('/') == std::string::npos) return own_room;
  if (!include.name.starts_with(kPrefix)) return include.name;
  const std::size_t end = include.name.find('/', kPrefix.size());
  return include.name.substr(kPrefix.size(), end - kPrefix.size());
}

/// What a file includes in quotes but may not, as "file: name".
std::vector<std::string> forbidden_includes(const SourceFile& file) {
  std::vector<std::string> forbidden;
  for (const Include& include : file.includes) {
    if (include.angled && !include.name.starts_with("lora/")) continue;
    const std::string room = room_of(include, file.room);
    if (include.angled || !kFloors.contains(room) || !may_include(file.room, room)) {
      forbidden.push_back(file.path + ": " + include.name);
    }
  }
  return forbidden;
}

/// The files that include something whose name starts so.
std::set<std::string> files_that_include(std::string_view start) {
  std::set<std::string> files;
  for (const SourceFile& file : source_files()) {
    for (const Include& include : file.includes) {
      if (include.name.starts_with(start)) files.insert(file.path);
    }
  }
  return files;
}

/// The names at the top of the tree: those that git tracks, or all of them where there is no git;
/// build directories do not count.
std::set<std::string> top_level_names() {
  std::set<std::string> names;
  const std::string command = "git -C '" + kRoot.string() + "' ls-files 2>/dev/null";
  if (std::FILE* pipe = popen(command.c_str(), "r")) {
    std::string text;
    for (int letter = std::fgetc(pipe); letter != EOF; letter = std::fgetc(pipe)) {
      text += static_cast<char>(letter);
      if (letter != '\n') continue;
      names.insert(text.substr(0, text.find_first_of("/\n")));
      text.clear();
    }
    pclose(pipe);
  }
  if (!names.empty()) return names;
  for (const auto& entry : fs::directory_iterator(kRoot)) {
    if (!fs::exists(entry.path() / "CMakeCache.txt")) names.insert(entry.path().filename());
  }
  return names;
}

}  // namespace

TEST_CASE("an include line is understood however it is set", "[floors]") {
  struct Row {
    std::string line;
    std::string name;  // empty if it is none
    bool angled;
  };
  const std::vector<Row> rows = {
      {R"(#include "lora/nn/linear.h")", "lora/nn/linear.h", false},
      {"  #  include <vector> // why", "vector", true},
      {"#include<omp.h>", "omp.h", true},
      {"// #include <vector>", "", false},
      {"#define include <vector>", "", false},
      {"#include", "", false},
      {"int x;", "", false},
      {"", "", false},
  };
  for (const Row& row : rows) {
    INFO(row.line);
    const std::optional<Include> include = include_of(row.line);
    REQUIRE(include.has_value() == !row.name.empty());
    if (!include) continue;
    CHECK(include->name == row.name);
    CHECK(include->angled == row.angled);
  }
}

TEST_CASE("an include that points upwards or sideways is found", "[floors]") {
  struct Row {
    std::string room;
    Include include;
    bool allowed;
  };
  const std::vector<Row> rows = {
      {"nn", {"lora/core/matrix.h", false}, true},
      {"nn", {"lora/nn/layer.h", false}, true},
      {"nn", {"setting.h", false}, true},
      {"nn", {"vector", true}, true},
      {"nn", {"lora/optim/adam.h", false}, false},
      {"nn", {"lora/core/matrix.h", true}, false},
      {"model", {"lora/loss/loss.h", false}, false},
      {"ops", {"lora/io/npy.h", false}, false},
      {"core", {"lora/ops/bias.h", false}, false},
      {"train", {"lora/model/model.h", false}, true},
      {"train", {"lora/cli/main.h", false}, false},
      {"nn", {"lora/attic/x.h", false}, false},
      {"nn", {"../optim/adam.h", false}, false},
      {"cli", {"lora/train/trainer.h", false}, true},
  };
  for (const Row& row : rows) {
    INFO(row.room << " includes " << row.include.name);
    const SourceFile file{"x.cpp", row.room, {row.include}};
    CHECK(forbidden_includes(file).empty() == row.allowed);
  }
}

TEST_CASE("every directory of the sources is a room of the plan, or says what is installed",
          "[floors]") {
  for (const char* top : {"include/lora", "src"}) {
    for (const auto& entry : fs::directory_iterator(kRoot / top)) {
      INFO(entry.path());
      if (!entry.is_directory() || entry.path() == kRoot / "src/package") continue;
      CHECK(kFloors.contains(entry.path().filename()));
    }
  }
}

TEST_CASE("includes point only downwards", "[floors]") {
  const std::vector<SourceFile> files = source_files();
  REQUIRE(files.size() > 50);
  std::vector<std::string> forbidden;
  for (const SourceFile& file : files) {
    const std::vector<std::string> of_file = forbidden_includes(file);
    forbidden.insert(forbidden.end(), of_file.begin(), of_file.end());
  }
  CHECK(forbidden == std::vector<std::string>{});
}

TEST_CASE("a file in quotes without a path stands in the same directory", "[floors]") {
  for (const SourceFile& file : source_files()) {
    for (const Include& include : file.includes) {
      if (include.angled || include.name.find('/') != std::string::npos) continue;
      INFO(file.path << " includes " << include.name);
      CHECK(fs::exists(kRoot / fs::path(file.path).parent_path() / include.name));
    }
  }
}

TEST_CASE("core knows nothing but Eigen and the standard library", "[floors]") {
  for (const SourceFile& file : source_files()) {
    if (file.room != "core") continue;
    for (const Include& include : file.includes) {
      INFO(file.path << " includes " << include.name);
      if (!include.angled) continue;
      const bool standard = include.name.find_first_of("/.") == std::string::npos;
      CHECK((standard || include.name.starts_with("Eigen/")));
    }
  }
}

TEST_CASE("only the program knows a command line and a log", "[floors]") {
  for (const std::string_view library : {"CLI/", "spdlog/"}) {
    const std::set<std::string> files = files_that_include(library);
    CHECK_FALSE(files.empty());
    for (const std::string& file : files) CHECK(file.starts_with("src/cli/"));
  }
}

TEST_CASE("one file knows oneDNN", "[floors]") {
  CHECK(files_that_include("dnnl") == std::set<std::string>{"src/ops/onednn.cpp"});
  CHECK(files_that_include("oneapi/").empty());
}

TEST_CASE("one file knows zlib, and one xxHash", "[floors]") {
  CHECK(files_that_include("zlib") == std::set<std::string>{"src/io/inflate.cpp"});
  CHECK(files_that_include("xxhash") == std::set<std::string>{"src/io/file_hash.cpp"});
}

TEST_CASE("a public header has a source file of its name, or is known to need none", "[floors]") {
  const std::set<std::string> headers_only = {
      "core/buffers.h",   "core/compute.h",         "core/error.h",         "core/matrix.h",
      "core/parameter.h", "core/state.h",           "core/table.h",         "core/task.h",
      "data/dataset.h",   "data/dataset_request.h", "io/file_descriptor.h", "model/model.h",
      "nn/layer.h",       "nn/visitor.h",
  };
  std::set<std::string> without_source;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "include/lora")) {
    if (entry.path().extension() != ".h") continue;
    fs::path file = entry.path().lexically_relative(kRoot / "include/lora");
    const std::string name = file.generic_string();
    if (!fs::exists(kRoot / "src" / file.replace_extension(".cpp"))) without_source.insert(name);
  }
  CHECK(without_source == headers_only);
}

TEST_CASE("nothing stands at the top of the tree but what its plan names", "[floors]") {
  const std::set<std::string> planned = {"CMakeLists.txt", "src",     "include",
                                         "tests",          "configs", "README.md"};
  const std::set<std::string> names = top_level_names();
  CHECK(names.contains("src"));
  for (const std::string& name : names) {
    INFO(name);
    CHECK((name.starts_with('.') || planned.contains(name)));
  }
}
