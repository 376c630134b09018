#include "lora/artifact/peft_adapter.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "lora/artifact/peft_writer.h"
#include "lora/core/compute.h"
#include "lora/core/error.h"
#include "lora/core/rng.h"
#include "lora/core/tape.h"
#include "lora/model/linear_head.h"
#include "lora/nn/lora_adapter.h"
#include "support/catch.h"
#include "support/temporary_directory.h"

using namespace lora;
using namespace lora::test;

namespace {

/// A head of five features and three outputs, without an adapter.
LinearHead head(const std::string& name = "head") {
  Rng rng(1);
  return {name, Linear::drawn(5, 3, rng)};
}

/// The same with an adapter of rank 2 and scale 1.5 that does something.
LinearHead adapted_head() {
  LinearHead model = head();
  Rng rng(2);
  model.linear().attach(std::make_unique<LoraAdapter>(rng.normal(2, 5), rng.normal(3, 2), 1.5));
  model.linear().bias()->value(0, 1) = 42;
  return model;
}

PeftConfig config_of(const std::string& bias = "none") {
  PeftConfig config;
  config.rank = 2;
  config.alpha = 3;
  config.bias = bias;
  return config;
}

Matrix outputs_of(const LinearHead& model) {
  Rng rng(3);
  const Matrix x = rng.normal(4, 5);
  const std::vector<Index> rows = {0, 1, 2, 3};
  Compute compute;
  Tape tape(compute);
  Matrix y(4, 3);
  model.forward({rows, x, std::nullopt, {}, std::nullopt}, y, tape);
  return y;
}

struct Tensor {
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};
using Tensors = std::map<std::string, Tensor>;

const std::string kA = "base_model.model.head.lora_A.weight";
const std::string kB = "base_model.model.head.lora_B.weight";

Tensors good_tensors() {
  return {{kA, {{2, 5}, std::vector<float>(10, 0.5F)}}, {kB, {{3, 2}, std::vector<float>(6, 1)}}};
}

/// The sentence with which a directory of these files is refused for head().
std::string refusal(const Tensors& tensors, const PeftConfig& config) {
  const TemporaryDirectory directory;
  std::vector<SafetensorsTensor> parts;
  for (const auto& [name, tensor] : tensors) {
    parts.push_back({name, DType::f32, tensor.shape, std::as_bytes(std::span(tensor.values))});
  }
  const std::vector<std::byte> bytes = safetensors_bytes(parts, {});
  directory.write("adapter_model.safetensors",
                  {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  directory.write("adapter_config.json", peft_config_text(config));
  LinearHead model = head();
  try {
    PeftAdapter(directory.path().string()).attach_to(model);
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

void check_says(const std::string& message, const std::vector<std::string>& parts) {
  CAPTURE(message);
  for (const std::string& part : parts) {
    CAPTURE(part);
    CHECK(message.find(part) != std::string::npos);
  }
}

}  // namespace

TEST_CASE("a saved adapter gives the same outputs when it is loaded", "[artifact][peft]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  for (const std::string bias : {"none", "all"}) {
    CAPTURE(bias);
    LinearHead trained = adapted_head();
    save_peft_adapter(path, trained, config_of(bias), {});
    for (const std::string& file : peft_adapter_files(path)) {
      CHECK(std::filesystem::exists(file));
    }
    LinearHead loaded = head();
    const PeftAdapter adapter(path);
    CHECK(adapter.layers() == std::vector<std::string>{"head"});
    CHECK(adapter.in_features("head") == 5);
    CHECK(adapter.out_features("head") == 3);
    adapter.attach_to(loaded);
    if (bias == "none") loaded.linear().bias()->value(0, 1) = 42;
    CHECK(outputs_of(loaded) == outputs_of(trained));
  }
}

TEST_CASE("an adapter without the record of a run is what PEFT itself writes, and no more",
          "[artifact][peft]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  LinearHead trained = adapted_head();
  save_peft_adapter(path, trained, config_of("all"), {});
  save_peft_adapter(path, trained, config_of("all"));
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(path)) {
    files.insert(entry.path().filename());
  }
  CHECK(files == std::set<std::string>{"adapter_config.json", "adapter_model.safetensors"});
  LinearHead loaded = head();
  const PeftAdapter adapter(path);
  CHECK(adapter.config().targets == std::vector<std::string>{"head"});
  adapter.attach_to(loaded);
  CHECK(outputs_of(loaded) == outputs_of(trained));
}

TEST_CASE("good tensors are accepted, so that the refusals below mean something",
          "[artifact][peft]") {
  CHECK(refusal(good_tensors(), config_of()).empty());
}

TEST_CASE("an adapter for a layer of another name is refused with the nearest",
          "[artifact][peft]") {
  Tensors tensors;
  tensors["base_model.model.model.head.lora_A.weight"] = good_tensors()[kA];
  tensors["base_model.model.model.head.lora_B.weight"] = good_tensors()[kB];
  check_says(refusal(tensors, config_of()), {"model.head", "lora_", "'head'"});
}

TEST_CASE("tensors that are missing, empty, of another shape or not finite are refused",
          "[artifact][peft]") {
  Tensors tensors = good_tensors();
  tensors.erase(kB);
  check_says(refusal(tensors, config_of()), {kB, "missing"});

  tensors = good_tensors();
  tensors[kA] = {{0}, {}};
  check_says(refusal(tensors, config_of()), {kA, "(0,)", "(2, 5)"});

  tensors = good_tensors();
  PeftConfig other_rank = config_of();
  other_rank.rank = 4;
  check_says(refusal(tensors, other_rank), {kA, "(2, 5)", "(4, 5)"});

  tensors = good_tensors();
  tensors[kB].values[3] = std::numeric_limits<float>::quiet_NaN();
  check_says(refusal(tensors, config_of()), {kB, "not finite"});

  tensors = good_tensors();
  tensors["base_model.model.head.lora_C.weight"] = {{1}, {1}};
  check_says(refusal(tensors, config_of()), {"lora_C", "no layer"});
}

TEST_CASE("an adapter of no layers or of zeros is refused", "[artifact][peft]") {
  check_says(refusal({}, config_of()), {"no lora_A"});
  Tensors tensors = good_tensors();
  for (auto& [name, tensor] : tensors) {
    for (float& value : tensor.values) value = -0.0F;
  }
  check_says(refusal(tensors, config_of()), {"every number in it is 0"});
}

TEST_CASE("an adapter as before training may be trained, but not used", "[artifact][peft]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  LinearHead untrained = adapted_head();
  untrained.linear().attach(
      std::make_unique<LoraAdapter>(Matrix::Ones(2, 5), Matrix::Zero(3, 2), 1));
  save_peft_adapter(path, untrained, config_of(), {});
  LinearHead loaded = head();
  PeftAdapter(path).attach_to(loaded);
  CHECK_THROWS_WITH(PeftAdapter(path).check_adds_something(), Catch::Contains("B is 0"));
  save_peft_adapter(path, untrained, config_of("all"), {});
  CHECK_NOTHROW(PeftAdapter(path).check_adds_something());  // the biases may do something
}

TEST_CASE("a bias that the configuration promises must be there", "[artifact][peft]") {
  for (const char* bias : {"all", "lora_only"}) {
    check_says(refusal(good_tensors(), config_of(bias)),
               {"base_model.model.head.base_layer.bias", "missing", bias});
  }
}

TEST_CASE("an adapter that takes another's place leaves nothing of it", "[artifact][peft]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  LinearHead trained = adapted_head();
  save_peft_adapter(path, trained, config_of(), {});
  PeftTensors tensors;
  tensors.add_factors("other", Matrix::Ones(1, 4), Matrix::Ones(2, 1));
  PeftConfig config;
  config.set_ranks({{"other", 1}});
  write_peft_adapter(path, tensors, config);
  CHECK(PeftAdapter(path).layers() == std::vector<std::string>{"other"});
  CHECK_FALSE(std::filesystem::exists(run_record_path(path)));
  CHECK_FALSE(std::filesystem::exists(path + "/README.md"));
}

TEST_CASE("a pattern that fits no layer is refused with the nearest", "[artifact][peft]") {
  PeftConfig config = config_of();
  config.alpha_pattern = {{"haed", 100}};
  check_says(refusal(good_tensors(), config), {"alpha_pattern", "'haed'", "'head'"});
  config = config_of();
  config.rank_pattern = {{"tail", 2}};
  check_says(refusal(good_tensors(), config), {"rank_pattern", "'tail'", "head"});
}

TEST_CASE("what is no adapter directory is refused", "[artifact][peft]") {
  const TemporaryDirectory directory;
  CHECK_THROWS_WITH(PeftAdapter((directory.path() / "absent").string()),
                    Catch::Contains("absent") && Catch::Contains("no such directory"));
  CHECK_THROWS_WITH(PeftAdapter(directory.path().string()), Catch::Contains("adapter_config.json"));
  directory.write("adapter_config.json", "{}");
  CHECK_THROWS_WITH(PeftAdapter(directory.path().string()),
                    Catch::Contains("adapter_model.safetensors"));
}

TEST_CASE("a layer's name may contain the word weight", "[artifact][peft]") {
  const TemporaryDirectory directory;
  const std::string path = (directory.path() / "out").string();
  LinearHead model = head("msa_weighted_avg");
  Rng rng(2);
  model.linear().attach(std::make_unique<LoraAdapter>(rng.normal(2, 5), rng.normal(3, 2), 1.5));
  save_peft_adapter(path, model, config_of(), {});
  const PeftAdapter adapter(path);
  CHECK(adapter.tensors().find("base_model.model.msa_weighted_avg.lora_A.weight") != nullptr);
  LinearHead loaded = head("msa_weighted_avg");
  adapter.attach_to(loaded);
  CHECK(outputs_of(loaded) == outputs_of(model));
}
