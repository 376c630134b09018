#include "lora/artifact/peft_config.h"

#include <string>

#include <nlohmann/json.hpp>

#include "lora/core/error.h"
#include "support/catch.h"

using namespace lora;

namespace {

std::string message_of(const std::string& text) {
  try {
    parse_peft_config(text, "adapter_config.json");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::input);
    return error.what();
  }
  return "";
}

void check_refused(const std::string& text, const std::string& part) {
  const std::string message = message_of(text);
  CAPTURE(text, message);
  CHECK(message.find("adapter_config.json") == 0);
  CHECK(message.find(part) != std::string::npos);
}

}  // namespace

TEST_CASE("an adapter configuration is read as it was written", "[artifact][peft]") {
  PeftConfig config;
  config.base_model = "base.safetensors:head.weight";
  config.rank = 3;
  config.alpha = 4.5;
  config.rslora = true;
  config.bias = "all";
  config.fan_in_fan_out = true;
  config.targets = {"head"};
  config.rank_pattern = {{"head", 2}};
  config.alpha_pattern = {{"head", 7}};
  const PeftConfig read = parse_peft_config(peft_config_text(config), "f");
  CHECK(read.base_model == config.base_model);
  CHECK(read.rank == 3);
  CHECK(read.alpha == 4.5);
  CHECK(read.rslora);
  CHECK(read.bias == "all");
  CHECK(read.fan_in_fan_out);
  CHECK(read.targets == config.targets);
  CHECK(read.rank_pattern == config.rank_pattern);
  CHECK(read.alpha_pattern == config.alpha_pattern);
}

TEST_CASE("absent keys have PEFT's defaults, unknown ones are passed over", "[artifact][peft]") {
  const PeftConfig config =
      parse_peft_config(R"({"peft_type": "LORA", "a_key_of_2030": [1], "bias": null})", "f");
  CHECK(config.rank == 8);
  CHECK(config.alpha == 8);
  CHECK_FALSE(config.rslora);
  CHECK(config.bias == "none");
  CHECK(config.unknown_keys == std::vector<std::string>{"a_key_of_2030"});
}

TEST_CASE("keys of PEFT 0.21 that are off, or matter in training only, are known",
          "[artifact][peft]") {
  const PeftConfig config = parse_peft_config(
      R"({"peft_type": "LORA", "peft_version": "0.21.2", "megatron_core": "megatron.core",
          "qalora_group_size": 16, "loftq_config": {}, "eva_config": null, "use_qalora": false,
          "modules_to_save": null, "layer_replication": null, "velora_config": {"groups": 2},
          "alora_invocation_tokens": null, "lora_dropout": 0.1, "exclude_modules": ["x"]})",
      "f");
  CHECK(config.unknown_keys.empty());
}

TEST_CASE("a configuration that is no JSON object is refused with what is wrong in it",
          "[artifact][peft]") {
  check_refused("", "not JSON");
  check_refused(R"({"r": 4,})", "not JSON from byte 9 ");
  check_refused("[4]", "not a JSON object");
  check_refused(R"({"peft_type": "LORA", "lora_alpha": 1e999})", "float64");
}

TEST_CASE("twice the rank has the same scale", "[artifact][peft]") {
  for (const bool rslora : {false, true}) {
    PeftConfig config;
    config.rslora = rslora;
    config.rank = 3;
    config.alpha = 5;
    config.rank_pattern = {{"a", 4}};
    config.alpha_pattern = {{"a", 7}};
    PeftConfig doubled = config;
    doubled.double_ranks();
    CHECK(doubled.rank_of("head") == 6);
    CHECK(doubled.rank_of("a") == 8);
    CHECK(doubled.scale_of("head") == Approx(config.scale_of("head")));
    CHECK(doubled.scale_of("a") == Approx(config.scale_of("a")));
  }
}

TEST_CASE("ranks that differ become patterns that mean one layer each", "[artifact][peft]") {
  PeftConfig config;
  config.rslora = true;
  config.set_ranks({{"block.0", 3}, {"0", 5}, {"x[0]", 7}});
  const PeftConfig read = parse_peft_config(peft_config_text(config), "f");
  CHECK(read.targets == std::vector<std::string>{"block.0", "0", "x[0]"});
  CHECK(read.rank_of("x[0]") == 7);
  CHECK(read.rank_of("block.0") == 3);
  CHECK(read.rank_of("0") == 5);
  CHECK(read.scale_of("block.0") == 1);
  CHECK(read.scale_of("0") == 1);
}

TEST_CASE("the scale of a layer follows rank, alpha, their patterns and rslora",
          "[artifact][peft]") {
  PeftConfig config;
  config.rank = 4;
  config.alpha = 6;
  CHECK(config.scale_of("head") == 1.5);
  config.rslora = true;
  CHECK(config.scale_of("head") == 3);
  config.rank_pattern = {{"q_.*", 16}, {".*", 9}};
  config.alpha_pattern = {{"layers.0.q_proj", 8}};
  CHECK(config.rank_of("model.layers.0.q_proj") == 16);
  CHECK(config.rank_of("head") == 9);
  CHECK(config.scale_of("model.layers.0.q_proj") == 2);  // 8 / √16
  CHECK(config.scale_of("head") == 2);                   // 6 / √9
}

TEST_CASE("a pattern fits a path's end at a point, as PEFT has it", "[artifact][peft]") {
  CHECK(pattern_fits("head", "head"));
  CHECK(pattern_fits("head", "model.head"));
  CHECK_FALSE(pattern_fits("head", "model.forehead"));
  CHECK_FALSE(pattern_fits("head", "head.proj"));
  CHECK(pattern_fits("layers\\.[01]\\.q", "model.layers.1.q"));
  CHECK_THROWS_AS(pattern_fits("(", "head"), Error);
}

TEST_CASE("a configuration that is none, or means other numbers, is refused", "[artifact][peft]") {
  check_refused("", "JSON");
  check_refused("[]", "JSON");
  check_refused("{}", "peft_type");
  check_refused(R"({"peft_type": "IA3"})", "IA3");
  check_refused(R"({"peft_type": "LORA", "r": 0})", "'r'");
  check_refused(R"({"peft_type": "LORA", "r": 2.5})", "'r'");
  check_refused(R"({"peft_type": "LORA", "lora_alpha": 0})", "'lora_alpha'");
  check_refused(R"({"peft_type": "LORA", "lora_alpha": "8"})", "'lora_alpha'");
  check_refused(R"({"peft_type": "LORA", "bias": "some"})", "'bias'");
  for (const char* other :
       {R"("lora_bias": true)", R"("alora_invocation_tokens": [1, 2])", R"("use_qalora": true)",
        R"("modules_to_save": ["head"])", R"("layer_replication": [[0, 4]])",
        R"("target_parameters": ["w"])", R"("trainable_token_indices": [5])",
        R"("kasa_config": {"beta": 1})", R"("arrow_config": {"top_k": 3})",
        R"("use_bdlora": {"nblocks": 2})", R"("monteclora_config": {"n": 4})"}) {
    const std::string text(other);
    check_refused(R"({"peft_type": "LORA", )" + text + "}", text.substr(1, text.find(':') - 2));
  }
  check_refused(R"({"peft_type": "LORA", "use_rslora": 1})", "use_rslora");
  for (const char* init : {"pissa", "pissa_niter_16", "olora", "corda", "loftq", "lora_ga"}) {
    check_refused(R"({"peft_type": "LORA", "init_lora_weights": ")" + std::string(init) + "\"}",
                  "init_lora_weights");
  }
  check_refused(R"({"peft_type": "LORA", "rank_pattern": {"(": 2}})", "'('");
  check_refused(R"({"peft_type": "LORA", "rank_pattern": {"head": -1}})", "rank_pattern");
  check_refused(R"({"peft_type": "LORA", "alpha_pattern": []})", "alpha_pattern");
}

TEST_CASE("a configuration that nests without end is refused before a tree is made of it",
          "[artifact][peft]") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  check_refused(R"({"peft_type": "LORA", "r": )" + deep + "}", "nests");
  check_refused(R"({"peft_type": "LORA", "unknown": )" + deep + "}", "nests");
}

TEST_CASE("no pattern takes time or memory that grows with more than its length",
          "[artifact][peft]") {
  const std::string longest(300'000, 'a');
  CHECK(pattern_fits("(a|b)*", longest));
  CHECK_FALSE(pattern_fits("(.*.*.*.*.*.*.*.*.*.*)*x", std::string(1000, 'a')));
  CHECK(pattern_fits("layers\\.[0-9]{1,2}\\.q", "model.layers.12.q"));
  CHECK_FALSE(pattern_fits("layers\\.[0-9]{1,2}\\.q", "model.layers.123.q"));
  for (const std::string& pattern :
       {std::string("a{1000}"), std::string("(((a{9}){9}){9}){9}"), std::string("a{1,99999}"),
        std::string("a{99999999999999999999}"), std::string(50'000, '(') + std::string(50'000, ')'),
        longest}) {
    CAPTURE(pattern.substr(0, 30));
    CHECK_THROWS_AS(pattern_fits(pattern, "a"), Error);
  }
}
