#include "checkpointing.h"

#include <array>
#include <cstring>
#include <filesystem>
#include <stdexcept>

#include <spdlog/spdlog.h>

#include "lora/core/error.h"
#include "lora/core/state.h"
#include "processes.h"
#include "version.h"

namespace lora::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Whether it changes no number, so that a run may go on with another.
bool is_free(const Setting& setting) {
  return only_watches(setting) || setting.name == "threads";
}

Json options_of(const std::vector<Setting>& settings) {
  Json object = Json::object();
  for (const Setting& setting : settings) {
    if ((setting.verbs & kTrain) != 0 && !is_free(setting)) object[setting.name] = setting.value();
  }
  return object;
}

Json inputs_of(const std::vector<InputRecord>& inputs) {
  Json object = Json::object();
  for (const InputRecord& input : inputs) object[input.option] = input.hash;
  return object;
}

/// The first key whose value differs, or nothing.
std::optional<std::string> first_difference(const Json& a, const Json& b) {
  for (const auto* object : {&a, &b}) {
    for (const auto& [key, value] : object->items()) {
      if (a.value(key, Json()) != b.value(key, Json())) return key;
    }
  }
  return std::nullopt;
}

/// True if all that is there is what a first write leaves that did not come to its end.
bool only_unfinished(const CheckpointDirectory& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory.path())) {
    if (entry.path().extension() == ".json") return false;
  }
  return true;
}

/// Gives all processes the first one's state.
class FirstOnes : public StateVisitor {
 public:
  void matrix(const std::string& /*name*/, Matrix& value) override {
    std::array<Index, 2> shape = {value.rows(), value.cols()};
    take(shape.data(), sizeof shape);
    value.resize(shape[0], shape[1]);
    take(value.data(), static_cast<std::size_t>(value.size()) * sizeof(Real));
  }
  void number(const std::string& /*name*/, double& value) override { take(&value, sizeof value); }
  void whole(const std::string& /*name*/, std::int64_t& value) override {
    take(&value, sizeof value);
  }
  void text(const std::string& /*name*/, std::string& value) override { value = from_first(value); }

 private:
  static void take(void* bytes, std::size_t size) {
    const std::string first = from_first({static_cast<const char*>(bytes), size});
    if (first.size() != size) throw std::logic_error("FirstOnes: states of different shapes");
    if (size > 0) std::memcpy(bytes, first.data(), size);
  }
};

}  // namespace

Checkpointing::Checkpointing(const Options& options, const std::vector<Setting>& settings,
                             const std::vector<InputRecord>& inputs, const InputWatch& watch)
    : watch_(watch),
      directory_(options.checkpoint),
      facts_({{"version", version_number()},
              {"processor", processor_text()},
              {"processes", processes().size()},
              {"options", options_of(settings)},
              {"inputs", inputs_of(inputs)}}) {
  if (processes().is_first()) open(options);
  Json place;
  if (start_) place = {start_->step(), start_->state().at("epochs")};
  place = Json::parse(from_first(place.dump()));
  if (!place.is_null()) {
    position_.emplace(RunPosition{place[0].get<Index>(), place[1].get<Index>()});
  }
}

void Checkpointing::open(const Options& options) {
  std::error_code error;
  std::filesystem::create_directories(options.checkpoint, error);
  if (error) {
    throw Error(ErrorKind::output, options.checkpoint, ": cannot be made: ", error.message());
  }
  lock_ = std::make_unique<DirectoryLock>(options.checkpoint);
  directory_.remove_abandoned();
  if (options.resume) {
    resume(options);
  } else if (!directory_.steps().empty()) {
    if (!options.overwrite) {
      throw Error(
          ErrorKind::usage, "--checkpoint ", options.checkpoint,
          ": there are checkpoints already; --resume goes on from them, --overwrite deletes "
          "them");
    }
    directory_.clear();
  }
}

void Checkpointing::resume(const Options& options) {
  std::vector<std::string> damaged;
  start_ = directory_.newest(damaged);
  if (!start_ && !damaged.empty() && !only_unfinished(directory_)) {
    throw Error(ErrorKind::input, options.checkpoint, ": no checkpoint is whole; ",
                damaged.front());
  }
  for (const std::string& sentence : damaged) {
    spdlog::warn("warning: {}; it is passed over", sentence);
  }
  if (!start_) {
    spdlog::info("resume    nothing to go on from in {}: from the beginning", options.checkpoint);
    return;
  }
  compare(options);
  spdlog::info("resume    from step {} in {}", start_->step(), options.checkpoint);
}

/// Another option, processor, version or input would make another run of it.
void Checkpointing::compare(const Options& options) const {
  if (options.allow_changed) return;
  const Json& then = start_->facts();
  for (const char* what : {"version", "processor", "processes"}) {
    if (!then.contains(what) && facts_[what] == 1) continue;  // before there could be several
    if (then.value(what, Json()) == facts_[what]) continue;
    throw Error(ErrorKind::usage, "--resume: the checkpoint was made with another ", what, " (",
                then.value(what, Json()).dump(), ", now ", facts_[what].dump(),
                "), so the numbers may differ; --allow-changed goes on all the same");
  }
  const Json then_options = then.value("options", Json::object());
  if (const auto key = first_difference(then_options, facts_["options"])) {
    throw Error(ErrorKind::usage, "--resume: --", *key, " was ",
                then_options.value(*key, Json()).dump(), " and is now ",
                facts_["options"].value(*key, Json()).dump(),
                "; give it as it was, or --allow-changed");
  }
  const Json then_inputs = then.value("inputs", Json::object());
  if (const auto key = first_difference(then_inputs, facts_["inputs"])) {
    throw Error(ErrorKind::input, "--resume: the file of --", *key,
                " has changed since the checkpoint; --allow-changed goes on all the same");
  }
}

void Checkpointing::restore(Trainer& trainer) const {
  if (start_) start_->restore([&](StateVisitor& visitor) { trainer.visit_state(visitor); });
  if (!position_ || processes().size() == 1) return;
  FirstOnes first;
  trainer.visit_state(first);
}

void Checkpointing::keep(Trainer& trainer) {
  watch_.check_content();
  if (!processes().is_first()) return;
  directory_.save(trainer.steps(), facts_,
                  [&](StateVisitor& visitor) { trainer.visit_state(visitor); });
  spdlog::debug("kept      checkpoint of step {}", trainer.steps());
}

}  // namespace lora::cli
