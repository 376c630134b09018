#include "lora/artifact/run_record.h"

#include <string>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

RunRecord sample() {
  RunRecord record;
  record.version = "1.2.3";
  record.config = {{"lr", 0.1}, {"base", nullptr}};
  record.task = Task::classification;
  record.feature_names = {"x1", "x2"};
  record.target_names = {"label"};
  record.class_names = {"cat", "dög"};
  record.scaling = FeatureScaling{{0.1, 2}, {0, 1.0 / 3}};
  record.base_seed = -7;
  record.trainable_parameters = 12;
  record.total_parameters = 34;
  record.epochs = 5;
  record.steps = 50;
  record.kept_epoch = 4;
  record.fold = 2;
  record.loss = 0.25;
  record.validation = {{"val_loss", "Val loss", 0.5, false, true}};
  record.inputs = {{"data", "data.csv", "abc"}, {"val", "-", ""}};
  return record;
}

std::string message_of(const std::string& content) {
  const TemporaryDirectory directory;
  directory.write("lora_train.json", content);
  try {
    read_run_record(directory.path().string());
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("a record of a run is read as it was written", "[artifact][record]") {
  const TemporaryDirectory directory;
  directory.write("lora_train.json", run_record_text(sample()));
  const auto record = read_run_record(directory.path().string());
  REQUIRE(record);
  const RunRecord expected = sample();
  CHECK(record->version == expected.version);
  CHECK(record->config == expected.config);
  CHECK(record->task == expected.task);
  CHECK(record->feature_names == expected.feature_names);
  CHECK(record->target_names == expected.target_names);
  CHECK(record->class_names == expected.class_names);
  REQUIRE(record->scaling);
  CHECK(record->scaling->mean == expected.scaling->mean);
  CHECK(record->scaling->deviation == expected.scaling->deviation);
  CHECK(record->base_seed == -7);
  CHECK_FALSE(record->base_identity);
  CHECK(record->kept_epoch == 4);
  CHECK(record->fold == 2);
  CHECK(record->loss == 0.25);
  REQUIRE(record->validation.size() == 1);
  CHECK(record->validation[0].name == "val_loss");
  CHECK(record->validation[0].value == 0.5);
  REQUIRE(record->inputs.size() == 2);
  CHECK(record->inputs[0].hash == "abc");
  CHECK(record->inputs[1].path == "-");
  const auto json = nlohmann::json::parse(run_record_text(sample()));
  CHECK(json["metrics"]["loss"] == 0.25);
  CHECK(json["metrics"]["val_loss"] == 0.5);
}

TEST_CASE("a record of a run without folds says of none, and one from before does not know of them",
          "[artifact][record]") {
  const TemporaryDirectory directory;
  RunRecord written = sample();
  written.fold.reset();
  directory.write("lora_train.json", run_record_text(written));
  CHECK_FALSE(read_run_record(directory.path().string())->fold);
  auto json = nlohmann::ordered_json::parse(run_record_text(written));
  json.erase("fold");
  directory.write("lora_train.json", json.dump());
  CHECK_FALSE(read_run_record(directory.path().string())->fold);
  json["fold"] = 1.5;
  CHECK(message_of(json.dump()).find("'fold'") != std::string::npos);
}

TEST_CASE("a record says if the base is the identity, and one from before does not know of it",
          "[artifact][record]") {
  const TemporaryDirectory directory;
  RunRecord written = sample();
  written.base_identity = true;
  directory.write("lora_train.json", run_record_text(written));
  CHECK(read_run_record(directory.path().string())->base_identity);
  auto json = nlohmann::ordered_json::parse(run_record_text(written));
  json.erase("base_identity");
  directory.write("lora_train.json", json.dump());
  CHECK_FALSE(read_run_record(directory.path().string())->base_identity);
  json["base_identity"] = 1;
  CHECK(message_of(json.dump()).find("'base_identity'") != std::string::npos);
}

TEST_CASE("an adapter of another program has no record", "[artifact][record]") {
  const TemporaryDirectory directory;
  CHECK_FALSE(read_run_record(directory.path().string()));
}

TEST_CASE("a record that is damaged is refused with the key", "[artifact][record]") {
  CHECK(message_of("").find("JSON") != std::string::npos);
  CHECK(message_of("[1]").find("JSON") != std::string::npos);
  CHECK(message_of("{}").find("'version'") != std::string::npos);
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK(message_of(R"({"version": "1", "config": )" + deep + "}").find("deep") !=
        std::string::npos);
  for (const std::string key : {"version", "task", "feature_names", "class_names", "inputs",
                                "metrics", "feature_scaling", "epochs", "base_seed"}) {
    CAPTURE(key);
    auto json = nlohmann::ordered_json::parse(run_record_text(sample()));
    json[key] = 1.5;
    CHECK_FALSE(message_of(json.dump()).empty());
    json.erase(key);
    CHECK(message_of(json.dump()).find("'" + key + "'") != std::string::npos);
  }
  auto json = nlohmann::ordered_json::parse(run_record_text(sample()));
  json["feature_scaling"]["deviation"] = {1.0, -1.0};
  CHECK(message_of(json.dump()).find("feature_scaling") != std::string::npos);
  json = nlohmann::ordered_json::parse(run_record_text(sample()));
  json["metrics"]["val_loss"] = "good";
  CHECK(message_of(json.dump()).find("'val_loss'") != std::string::npos);
  json["metrics"]["val_loss"] = nullptr;
  CHECK(message_of(json.dump()).empty());
  for (const std::string key : {"feature_names", "target_names", "class_names"}) {
    json = nlohmann::ordered_json::parse(run_record_text(sample()));
    json[key] = {"a", "b", "a"};
    CHECK(message_of(json.dump()).find("'" + key + "' holds a name twice") != std::string::npos);
  }
}
