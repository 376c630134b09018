// Checkpoints: what it takes to go on with a run that was stopped.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "lora/core/state.h"

namespace lora {

/// One checkpoint of a directory, read whole and found to be undamaged.
class Checkpoint {
 public:
  /// Throws Error(input) if one of its two files is missing, cut off or changed.
  Checkpoint(const std::string& directory, std::int64_t step);

  std::int64_t step() const { return step_; }

  /// What save() was told of the run.
  const nlohmann::ordered_json& facts() const { return json_.at("facts"); }

  /// What the run's numbers and texts were.
  const nlohmann::ordered_json& state() const { return json_.at("state"); }

  /// The file of its matrices.
  const std::string& tensor_file() const { return tensor_file_; }

  /// Shows `object`'s visit_state a visitor that puts its parts back. Throws Error(input) for a
  /// part that the checkpoint does not have.
  void restore(const std::function<void(StateVisitor&)>& visit_state) const;

 private:
  std::int64_t step_;
  std::string tensor_file_;
  nlohmann::ordered_json json_;
};

/// step-000000000120.safetensors holds the matrices, step-000000000120.json all the rest, and the
/// hash of the former: a pair is whole if that hash is right. The last two pairs are kept.
class CheckpointDirectory {
 public:
  explicit CheckpointDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }

  /// The steps of which there are files, whole or not, ascending.
  std::vector<std::int64_t> steps() const;

  /// The newest whole checkpoint; nothing if there is none. `damaged` gets a sentence about each
  /// newer one that is not whole.
  std::optional<Checkpoint> newest(std::vector<std::string>& damaged) const;

  /// Writes the pair of `step`, makes sure that it is whole, and deletes those before the last two.
  /// Throws Error(output); what was there stays then.
  void save(std::int64_t step, const nlohmann::ordered_json& facts,
            const std::function<void(StateVisitor&)>& visit_state);

  /// Deletes what killed runs left half written. Only while no other run writes there.
  void remove_abandoned();

  /// Deletes every checkpoint.
  void clear();

 private:
  std::string path_;
};

}  // namespace lora
