#include "inputs.h"

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <utility>

#include "lora/artifact/peft_writer.h"
#include "lora/core/error.h"
#include "lora/data/dataset_reader.h"
#include "lora/io/array_file.h"
#include "lora/io/file_hash.h"
#include "processes.h"

namespace lora::cli {

namespace {

struct Input {
  std::string option;
  std::string path;
};

/// The files behind the options, without the names of arrays in them.
std::vector<Input> inputs_of(const Options& o) {
  std::vector<Input> inputs = {
      {"data", o.data}, {"pairs", o.pairs}, {"val", o.val}, {"base", o.base}, {"tuned", o.tuned}};
  if (is_target_file(o.target)) inputs.push_back({"target", o.target});
  if (!o.val_target.empty()) inputs.push_back({"val-target", o.val_target});
  for (Input& input : inputs) input.path = split_file_and_name(input.path).file;
  std::erase_if(inputs, [](const Input& input) { return input.path.empty(); });
  for (const std::string& adapter : o.adapters) {
    inputs.push_back({"adapter", peft_adapter_files(adapter).front()});
  }
  for (const std::string& path : o.paths) inputs.push_back({"run", path});
  return inputs;
}

std::int64_t time_of_change(const struct stat& status) {
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return status.st_mtim.tv_sec * kNanoseconds + status.st_mtim.tv_nsec;
}

[[noreturn]] void refuse_changed(const std::string& path) {
  throw Error(ErrorKind::input, path,
              ": was changed by another program while it was read; start again when nothing writes "
              "to it");
}

/// Size and content of its begin and end: the same file has the same on every host.
std::string fingerprint(const std::string& path) {
  constexpr FileHashLimits kEnds = {.whole = 1U << 20U, .end = 1U << 19U};
  const FileHash hash = hash_file(path, kEnds);
  return std::to_string(hash.size) + hash.text.substr(hash.text.rfind(':'));
}

}  // namespace

InputWatch::InputWatch(const Options& options) {
  for (const auto& [option, path] : inputs_of(options)) add(option, path);
}

void InputWatch::add_base(const std::string& file) {
  const bool is_new = std::ranges::find(files_, "base", &Watched::option) == files_.end();
  if (is_new && !file.empty()) add("base", file);
}

void InputWatch::add(const std::string& option, const std::string& path) {
  // A pipe that is opened twice would have two readers.
  std::error_code hidden;
  if (path == "-" || !std::filesystem::is_regular_file(path, hidden)) return;
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return;
  files_.push_back({option, path, std::move(file), status.st_size, time_of_change(status)});
}

void InputWatch::check_read() const {
  check_content();
  for (const Watched& watched : files_) {
    struct stat here {};
    struct stat then {};
    const bool same = ::stat(watched.path.c_str(), &here) == 0 &&
                      ::fstat(watched.file.get(), &then) == 0 && here.st_dev == then.st_dev &&
                      here.st_ino == then.st_ino;
    if (!same) refuse_changed(watched.path);
  }
}

void InputWatch::watch_only(const std::vector<std::string>& options) {
  std::erase_if(files_, [&](const Watched& watched) {
    return std::ranges::find(options, watched.option) == options.end();
  });
}

void InputWatch::check_content() const {
  for (const Watched& watched : files_) {
    struct stat now {};
    if (::fstat(watched.file.get(), &now) == 0 && now.st_size == watched.size &&
        time_of_change(now) == watched.changed) {
      continue;
    }
    refuse_changed(watched.path);
  }
}

void check_same_inputs(const Options& options) {
  if (processes().size() == 1) return;
  for (const auto& [option, path] : inputs_of(options)) {
    const std::string own = fingerprint(path);
    if (from_first(own) == own) continue;
    throw Error(ErrorKind::input, "--", option, " ", path,
                ": is not the file that rank 0 has; all processes need the same one");
  }
}

std::vector<InputRecord> hashed_inputs(const Options& options, const std::string& base) {
  std::vector<InputRecord> records;
  for (const auto& [option, path] : inputs_of(with_base(options, base))) {
    std::error_code hidden;
    const bool regular = path != "-" && std::filesystem::is_regular_file(path, hidden);
    records.push_back({option, path, regular ? hash_file(path).text : ""});
  }
  return records;
}

Options with_base(const Options& options, const std::string& base) {
  Options complete = options;
  complete.base = base;
  return complete;
}

void check_outputs(const std::string& option, const std::vector<std::string>& outputs,
                   const Options& options, bool may_replace) {
  for (const std::string& output : outputs) {
    std::error_code missing;  // or not to be seen: then it cannot be written, which is said there
    if (!std::filesystem::exists(output, missing)) continue;
    const std::string which = option.ends_with(" " + output) ? "" : ": " + output;
    for (const Input& input : inputs_of(options)) {
      if (!std::filesystem::equivalent(input.path, output, missing)) continue;
      throw Error(ErrorKind::usage, option, which, which.empty() ? ": is" : " is",
                  " also an input of this run, which is never written to");
    }
    if (may_replace) continue;
    throw Error(ErrorKind::usage, option, which, which.empty() ? ": is" : " is",
                " already there; --overwrite replaces it");
  }
}

}  // namespace lora::cli
