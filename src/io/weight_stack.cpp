#include "lora/io/weight_stack.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <string_view>
#include <utility>

#include "lora/core/error.h"
#include "lora/io/array_file.h"
#include "lora/io/shape.h"

namespace lora {

namespace {

/// "net.10.weight" is {"net.", 10, "weight"}.
struct NumberedName {
  std::string_view prefix;
  unsigned number = 0;
  std::string_view part;
};

std::optional<NumberedName> numbered(std::string_view name) {
  const std::size_t last_dot = name.rfind('.');
  if (last_dot == std::string_view::npos) return std::nullopt;
  const std::string_view path = name.substr(0, last_dot);
  const std::size_t dot = path.rfind('.');
  const std::size_t start = dot == std::string_view::npos ? 0 : dot + 1;
  NumberedName parts{name.substr(0, start), 0, name.substr(last_dot + 1)};
  const char* const end = path.data() + path.size();
  const auto result = std::from_chars(path.data() + start, end, parts.number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return parts;
}

bool is_matrix(const SafetensorsEntry& entry) {
  return entry.shape.size() == 2;
}

/// The prefix that all matrices of a file have before their numbers, if they have one.
std::optional<std::string> common_prefix(const SafetensorsFile& file) {
  std::optional<std::string> prefix;
  std::size_t count = 0;
  for (const SafetensorsEntry& entry : file.tensors()) {
    if (!is_matrix(entry)) continue;
    const std::optional<NumberedName> name = numbered(entry.name);
    if (!name || name->part != "weight" || (prefix && *prefix != name->prefix)) return std::nullopt;
    prefix = std::string(name->prefix);
    ++count;
  }
  return count > 1 ? prefix : std::nullopt;
}

/// "net" → "net.", if there are such layers and no tensor of that name.
std::optional<std::string> named_prefix(const SafetensorsFile& file, const std::string& name) {
  if (file.find(name) != nullptr || file.find(name + ".weight") != nullptr) return std::nullopt;
  const std::string prefix = name + ".";
  const bool is_there = std::ranges::any_of(file.tensors(), [&](const SafetensorsEntry& entry) {
    const std::optional<NumberedName> parts = numbered(entry.name);
    return is_matrix(entry) && parts && parts->prefix == prefix && parts->part == "weight";
  });
  return is_there ? std::optional(prefix) : std::nullopt;
}

[[noreturn]] void refuse(const SafetensorsFile& file, const SafetensorsEntry& entry) {
  throw Error(ErrorKind::input, file.path(), ": tensor '", entry.name, "' is ", entry.dtype_name,
              " of shape ", shape_text(entry.shape),
              ", which is no part of a linear layer; a stack is made of linear layers and "
              "activations only, and FILE:TENSOR takes one layer");
}

/// The weights under a prefix, by their numbers.
std::map<unsigned, const SafetensorsEntry*> weights_under(const SafetensorsFile& file,
                                                          const std::string& prefix) {
  std::map<unsigned, const SafetensorsEntry*> weights;
  for (const SafetensorsEntry& entry : file.tensors()) {
    if (!entry.name.starts_with(prefix)) continue;
    const std::optional<NumberedName> name = numbered(entry.name);
    if (!name || name->prefix != prefix) refuse(file, entry);
    if (name->part == "weight" && is_matrix(entry)) {
      if (!weights.emplace(name->number, &entry).second) refuse(file, entry);
    } else if (name->part != "bias" || entry.shape.size() != 1) {
      refuse(file, entry);
    }
  }
  return weights;
}

/// A bias without a weight belongs to something else.
void check_biases(const SafetensorsFile& file, const std::string& prefix,
                  const std::map<unsigned, const SafetensorsEntry*>& weights) {
  for (const SafetensorsEntry& entry : file.tensors()) {
    if (entry.name.starts_with(prefix) && !weights.contains(numbered(entry.name)->number)) {
      refuse(file, entry);
    }
  }
}

}  // namespace

std::optional<FrozenStack> read_frozen_stack(const std::string& file_and_prefix, Layout layout) {
  const auto [path, name] = split_file_and_name(file_and_prefix);
  if (!path.ends_with(".safetensors")) return std::nullopt;
  const auto file = std::make_shared<const SafetensorsFile>(path);
  const std::optional<std::string> prefix =
      name.empty() ? common_prefix(*file) : named_prefix(*file, name);
  if (!prefix) return std::nullopt;

  const auto weights = weights_under(*file, *prefix);
  check_biases(*file, *prefix, weights);
  FrozenStack stack{path, {}, {}, {}};
  std::optional<unsigned> before;
  for (const auto& [number, entry] : weights) {
    stack.layers.push_back(frozen_weight_of(file, *entry, layout));
    if (before) stack.gaps.push_back(number - *before > 1);
    before = number;
  }
  const auto activation = file->metadata().find("activation");
  if (activation != file->metadata().end()) stack.activation = activation->second;
  return stack;
}

}  // namespace lora
