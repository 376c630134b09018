// The commands beside train, as users and scripts run them.
#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sample_files.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

using Json = nlohmann::json;

Json end_of(const std::string& out) {
  return Json::parse(lines_of(out).back());
}

/// Three kinds of animals that are told apart by the first two of three features.
std::string animals(int rows, const std::string& separator = ",") {
  std::string text = "id,size,noise,colour,kind\n";
  const std::vector<std::string> kinds = {"dog", "cat", "\"cow, brown\""};
  for (int row = 0; row < rows; ++row) {
    const int kind = row % 3;
    text += "r" + std::to_string(row) + "," + std::to_string(kind * 2 + 0.1 * (row % 5)) + "," +
            std::to_string(kind == 1 ? 3 : 0) + ",0.5," + kinds[static_cast<std::size_t>(kind)] +
            "\n";
  }
  if (separator != ",") std::replace(text.begin(), text.end(), ',', separator[0]);
  return text;
}

const std::string kAnimals = "--data animals.csv --target kind ";

/// Without the column of names, which is no feature.
std::string without_ids(const std::string& table) {
  std::string text;
  for (const std::string& line : lines_of(table)) text += line.substr(line.find(',') + 1) + "\n";
  return text;
}

/// Trains on animals.csv and saves to `out`.
void train_animals(const TemporaryDirectory& directory, const std::string& more = "") {
  directory.write("animals.csv", without_ids(animals(60)));
  run(directory, kAnimals + "--epochs 60 --lr 0.05 --bias all --save out " + more);
}

}  // namespace

TEST_CASE("words as targets make a classification, and the classes are kept", "[cli][classes]") {
  const TemporaryDirectory directory;
  directory.write("animals.csv", without_ids(animals(60)));
  const ProgramResult result =
      run(directory, kAnimals + "--epochs 60 --lr 0.05 --bias all --val-split 0.2 --save out");
  CHECK(lines_of(result.out).back().find("Val accuracy: 1.0000") != std::string::npos);
  for (const char* part : {"'size', 'noise', 'colour'", "'kind'", "'cat', 'cow, brown', 'dog'",
                           "true \\ predicted", "recall"}) {
    CAPTURE(part, result.err);
    CHECK(result.err.find(part) != std::string::npos);
  }
  const auto record = Json::parse(read_file(directory.path() / "out/lora_train.json"));
  CHECK(record["class_names"] == Json::array({"cat", "cow, brown", "dog"}));
  CHECK(record["target_names"] == Json::array({"kind"}));
  CHECK(record["feature_names"] == Json::array({"size", "noise", "colour"}));
  CHECK(record["task"] == "classification");
  CHECK(record["inputs"][0]["path"] == "animals.csv");
  CHECK(record["inputs"][0]["hash"].get<std::string>().size() >= 32);
}

TEST_CASE("a class name with a line end stays on one line of a table", "[cli][classes]") {
  const TemporaryDirectory directory;
  directory.write("rows.csv", "x,kind\n1,\"top\nshelf\"\n2,low\n3,\"top\nshelf\"\n4,low\n");
  const ProgramResult result =
      run(directory, "--data rows.csv --target kind --epochs 2 --val rows.csv");
  CAPTURE(result.err);
  CHECK(result.err.find("\n'top\\nshelf'") != std::string::npos);
  CHECK(result.err.find("top\nshelf") == std::string::npos);
}

TEST_CASE("eval says what training said of the same rows", "[cli][eval]") {
  const TemporaryDirectory directory;
  directory.write("more.csv", without_ids(animals(33)));
  directory.write("animals.csv", without_ids(animals(60)));
  const Json trained = end_of(
      run(directory, kAnimals + "--val more.csv --epochs 7 --keep-best none --save out --json")
          .out);
  const Json judged = end_of(run(directory, "eval --adapter out --data more.csv --json").out);
  CHECK(judged["rows"] == 33);
  for (const std::string name : {"loss", "accuracy", "macro_f1", "log_loss"}) {
    CAPTURE(name);
    CHECK(judged[name] == trained["val_" + name]);
  }
  CHECK(judged["confusion"] == trained["confusion"]);
  CHECK(judged["classes"] == Json::array({"cat", "cow, brown", "dog"}));
  const std::string line = run(directory, "eval --adapter out --data more.csv").out;
  CHECK(line.starts_with("Loss: "));
  CHECK(line.find(", Accuracy: ") != std::string::npos);
  CHECK(lines_of(line).size() == 1);
}

TEST_CASE("eval judges a base alone, and a base with its adapter", "[cli][eval]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors ";
  const Json before = end_of(run(directory, "eval " + data + "--json").out);
  // y = 0.5·x1 − x2 + 0.25: errors −4.25, 0.25, −2.75 and −2.75
  CHECK(before["loss"] == Approx((18.0625 + 0.0625 + 7.5625 + 7.5625) / 4).epsilon(1e-6));
  CHECK(before["mae"] == Approx(2.5).epsilon(1e-6));
  CHECK(before["targets"][0]["name"] == "y");
  run(directory, "train " + data + "--rank 1 --epochs 50 --lr 0.05 --save out");
  const Json after = end_of(run(directory, "eval " + data + "--adapter out --json").out);
  CHECK(after["loss"] < before["loss"]);
  CHECK(run(directory, "eval --adapter out --data good.csv --target y").out ==
        run(directory, "eval " + data + "--adapter out").out);
}

TEST_CASE("predict writes the class of each row by name, beside the columns to join by",
          "[cli][predict]") {
  const TemporaryDirectory directory;
  train_animals(directory);
  directory.write("new.csv", animals(6));
  CHECK(run(directory, "predict --adapter out --data new.csv --keep-columns id").out ==
        "id,kind\nr0,dog\nr1,cat\nr2,\"cow, brown\"\nr3,dog\nr4,cat\nr5,\"cow, brown\"\n");
  CHECK(run(directory, "predict --adapter out --data new.csv --keep-columns kind,id")
            .out.starts_with("kind,id,predicted_kind\ndog,r0,dog\n"));

  const auto lines =
      lines_of(run(directory, "predict --adapter out --data new.csv --probabilities").out);
  REQUIRE(lines.size() == 7);
  CHECK(lines[0] == "cat,\"cow, brown\",dog");
  double sum = 0;
  std::istringstream cells(lines[1]);
  for (std::string cell; std::getline(cells, cell, ',');) sum += std::stod(cell);
  CHECK(sum == Approx(1).epsilon(1e-6));
}

TEST_CASE("rows with several labels are trained, judged and told label by label",
          "[cli][multilabel]") {
  const TemporaryDirectory directory;
  // wet where the first feature is above 2, loud where the second is above 0
  std::string rows = "a,b,wet,loud\n";
  for (int i = 0; i < 40; ++i) {
    const int a = i % 5;
    const int b = i % 3 - 1;
    rows += std::to_string(a) + "," + std::to_string(b) + (a > 2 ? ",1" : ",0") +
            (b > 0 ? ",1\n" : ",0\n");
  }
  directory.write("tags.csv", rows);
  const ProgramResult trained =
      run(directory,
          "--data tags.csv --target wet,loud --task multilabel --val tags.csv --bias all "
          "--standardize --lr 0.1 --epochs 80 --save out --json");
  const Json end = end_of(trained.out);
  CHECK(end["val_label_accuracy"] == 1);
  CHECK(end["labels"][0]["name"] == "wet");
  CHECK(end["labels"][0]["rows"] == 16);
  CHECK(end["labels"][1]["rows"] == 13);
  for (const char* figure : {"precision", "recall", "f1"}) CHECK(end["labels"][1][figure] == 1);
  CHECK(trained.err.find("label  rows  precision  recall      F1") != std::string::npos);

  const Json judged = end_of(run(directory, "eval --adapter out --data tags.csv --json").out);
  CHECK(judged["loss"] == Approx(end["val_loss"].get<double>()).epsilon(1e-6));
  CHECK(judged["labels"] == end["labels"]);

  directory.write("new.csv", "a,b\n0,1\n4,-1\n");
  CHECK(run(directory, "predict --adapter out --data new.csv").out == "wet,loud\n0,1\n1,0\n");
  const auto lines =
      lines_of(run(directory, "predict --adapter out --data new.csv --probabilities").out);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "wet,loud");
  const std::size_t comma = lines[1].find(',');
  const double wet = std::stod(lines[1].substr(0, comma));
  const double loud = std::stod(lines[1].substr(comma + 1));
  CHECK(wet > 0);
  CHECK(wet < 0.5);
  CHECK(loud > 0.5);
  CHECK(loud < 1);
}

TEST_CASE("predict finds the features by name, without a target, in any order, in a pipe",
          "[cli][predict]") {
  const TemporaryDirectory directory;
  train_animals(directory);
  directory.write("new.csv", "colour,more,noise,size\n0.5,x,3,2\n0.5,y,0,0\n");
  const std::string expected = "kind\ncat\ndog\n";
  CHECK(run(directory, "predict --adapter out --data new.csv").out == expected);
  CHECK(run_lora_train(directory.path(), "predict --adapter out --data -", "new.csv").out ==
        expected);
  run(directory, "predict --adapter out --data new.csv --output y.csv");
  CHECK(read_file(directory.path() / "y.csv") == expected);
  run(directory, "predict --adapter out --data new.csv --output y.npy");
  for (const auto& [file, capitals] : {std::pair{"y.csv", "Y.CSV"}, {"y.npy", "Y.NPY"}}) {
    run(directory, "predict --adapter out --data new.csv --output " + std::string(capitals));
    CHECK(read_file(directory.path() / capitals) == read_file(directory.path() / file));
  }
  CHECK(run(directory, "inspect y.npy").out.find("(2,)") != std::string::npos);
}

TEST_CASE("predict writes the outputs of a regression under the targets' names", "[cli][predict]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string base = "--base base.safetensors ";
  CHECK(run(directory, "predict " + base + "--data x.npy").out ==
        "output\n-1.25\n0.25\n-0.75\n-1.25\n");
  CHECK(run(directory, "predict " + base + "--data good.csv --target y --keep-columns y").out ==
        "y,output\n3,-1.25\n0,0.25\n2,-0.75\n1.5,-1.25\n");
  run(directory, "--data pairs.csv --target y1,y2 --epochs 1 --save out");
  CHECK(run(directory, "predict --adapter out --data pairs.csv").out.starts_with("y1,y2\n"));
  directory.write("bare.csv", "1,2\n3,4\n");
  CHECK(lines_of(run(directory, "predict " + base + "--data bare.csv").out).size() == 2);
}

TEST_CASE("a reader that has seen enough ends predict quietly", "[cli][predict]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  std::string rows = "x1,x2\n";
  for (int row = 0; row < 200000; ++row) rows += "1,2\n";
  directory.write("many.csv", rows);
  const std::string command =
      "cd '" + directory.path().string() +
      "' && (" LORA_BINARY_DIR
      "/lora-train predict --base base.safetensors --data many.csv 2>err; echo $? >code) | head -2 "
      ">two";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(read_file(directory.path() / "code") == "0\n");
  CHECK(read_file(directory.path() / "two") == "output\n-1.25\n");
  CHECK(read_file(directory.path() / "err").find("error") == std::string::npos);
}

TEST_CASE("standardised features are kept with the adapter and used by eval and predict",
          "[cli][standardize]") {
  const TemporaryDirectory directory;
  std::string table = "x1,x2,x3,y\n";
  for (int row = 0; row < 50; ++row) {
    table += "14.62," + std::to_string(1000 + row) + "," + std::to_string(0.001 * (row % 7)) + "," +
             std::to_string(0.1 * row) + "\n";
  }
  directory.write("data.csv", table);
  const std::string data = "--data data.csv --target y ";
  const ProgramResult trained =
      run(directory, data +
                         "--val data.csv --standardize --bias all --epochs 200 --lr 0.1 "
                         "--keep-best none --save out --json");
  CHECK(trained.err.find("'x1'") != std::string::npos);  // constant
  const Json end = end_of(trained.out);
  CHECK(end["val_r2"] > 0.9);
  CHECK(end_of(run(directory, "eval --adapter out " + data + "--json").out)["loss"] ==
        end["val_loss"]);
  const auto record = Json::parse(read_file(directory.path() / "out/lora_train.json"));
  CHECK(record["feature_scaling"]["deviation"][0] == 0);
  CHECK(record["feature_scaling"]["mean"][1] == 1024.5);
  CHECK(
      run_lora_train(directory.path(), data + "--adapter out --standardize --epochs 1").exit_code ==
      0);
}

TEST_CASE("training goes on from an adapter, on the base that it belongs to", "[cli][adapter]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --batch-size 0 ";
  const std::string whole = run(directory, data + "--epochs 1 --rank 2 --alpha 3 --save out").out;
  const Json judged = end_of(run(directory, "eval --adapter out --data good.csv --json").out);
  // The base was drawn, and is drawn again by its seed.
  const auto lines = lines_of(run(directory, data + "--epochs 1 --adapter out --save two").out);
  CHECK(lines[2] == "Epoch 1/1, Loss: " + [&] {
    char text[32];
    std::snprintf(text, sizeof text, "%.4f", judged["loss"].get<double>());
    return std::string(text);
  }());
  const auto config = Json::parse(read_file(directory.path() / "two/adapter_config.json"));
  CHECK(config["r"] == 2);
  CHECK(config["lora_alpha"] == 3);
  run(directory, "eval --adapter two --data good.csv");
}

TEST_CASE("the base that only the adapter's record names is never written to", "[cli][base]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  std::filesystem::create_directory(directory.path() / "store");
  const auto weight = directory.path() / "store/adapter_model.safetensors";
  std::filesystem::copy(directory.path() / "base.safetensors", weight);
  const std::string before = read_file(weight);
  const std::string data = "--data good.csv --target y --epochs 1 ";
  run(directory, data + "--base store/adapter_model.safetensors --save out");
  const ProgramResult trained =
      run_lora_train(directory.path(), data + "--adapter out --save store --overwrite --quiet");
  CHECK(trained.exit_code == 2);
  CHECK(trained.err.find("input of this run") != std::string::npos);
  CHECK(read_file(weight) == before);

  std::filesystem::copy(directory.path() / "weight.npy", directory.path() / "kept.npy");
  run(directory, data + "--base weight.npy --save array");
  const ProgramResult predicted = run_lora_train(
      directory.path(), "predict --adapter array --data good.csv --output weight.npy --overwrite");
  CHECK(predicted.exit_code == 2);
  CHECK(read_file(directory.path() / "weight.npy") == read_file(directory.path() / "kept.npy"));
}

TEST_CASE("a record that does not fit its base is refused", "[cli][adapter]") {
  const TemporaryDirectory directory;
  train_animals(directory);
  const auto path = directory.path() / "out/lora_train.json";
  const Json good = Json::parse(read_file(path));
  const auto refused = [&](const Json& record, const std::string& verb, int code) {
    directory.write("out/lora_train.json", record.dump());
    const ProgramResult result =
        run_lora_train(directory.path(), verb + " --adapter out --data animals.csv --quiet");
    CAPTURE(result.err);
    CHECK(result.exit_code == code);
    return result.err;
  };
  for (const std::string key : {"class_names", "feature_names", "target_names"}) {
    CAPTURE(key);
    Json bad = good;
    bad[key] = {"cat", "dog"};
    CHECK(refused(bad, "predict", 3).find("'" + key + "' holds 2 names") != std::string::npos);
    refused(bad, "eval", 3);
    refused(bad, "--target kind", 3);
  }
  Json bad = good;
  bad["config"]["target"] = "";
  CHECK(refused(bad, "eval", 2).find("--target") != std::string::npos);
}

TEST_CASE("an adapter of the demo asks for a base", "[cli][adapter]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  run(directory, "--in 2 --out 1 --samples 9 --epochs 1 --save out");
  const ProgramResult result =
      run_lora_train(directory.path(), "predict --adapter out --data x.npy");
  CHECK(result.exit_code == 2);
  CHECK(result.err.find("--base") != std::string::npos);
}

TEST_CASE("an adapter with a trained bias goes on training it", "[cli][adapter]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors --rank 1 ";
  run(directory, data + "--epochs 2 --bias all --save out");
  const std::string more = "--data good.csv --target y --adapter out --epochs 2 ";
  CHECK(lines_of(run(directory, more).out)[0] == "Trainable parameters: 4");
  CHECK(lines_of(run(directory, more + "--bias none").out)[0] == "Trainable parameters: 3");
}

TEST_CASE("rslora and patterns change rank and scale, and are saved as PEFT has them",
          "[cli][adapter]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors --epochs 2 ";
  CHECK(run(directory, data + "--rank 4 --alpha 6 --rslora --save a").err.find("scale 3,") !=
        std::string::npos);
  const auto config = Json::parse(read_file(directory.path() / "a/adapter_config.json"));
  CHECK(config["use_rslora"] == true);
  CHECK(config["lora_alpha"] == 6);
  // α/√r = 3 is α/r for α = 12
  CHECK(run(directory, data + "--rank 4 --alpha 12").out ==
        run(directory, data + "--rank 4 --alpha 6 --rslora").out);
  CHECK(run(directory, data + "--rank-pattern h.ad=2 --alpha-pattern head=5 --save b").out ==
        run(directory, data + "--rank 2 --alpha 5").out);
  const auto patterns = Json::parse(read_file(directory.path() / "b/adapter_config.json"));
  CHECK(patterns["rank_pattern"]["h.ad"] == 2);
  CHECK(patterns["alpha_pattern"]["head"] == 5);
  for (const std::string target : {"head", "'h*'", "'he.*'", "all-linear"}) {
    run(directory, data + "--targets " + target);
  }
  CHECK(run(directory, "eval --adapter b --data good.csv --target y --base base.safetensors").out ==
        run(directory, "eval --adapter b --data good.csv").out);
}

TEST_CASE("merged weights answer as base and adapter do", "[cli][merge]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors ";
  run(directory, data + "--rank 1 --alpha 3 --epochs 30 --lr 0.1 --bias all --save out");
  const std::string line =
      run(directory, "merge --base base.safetensors --adapter out --output merged.safetensors").out;
  CHECK(line.starts_with("Largest difference: "));
  CHECK(line.find(", Bound: ") != std::string::npos);
  const Json merged = end_of(
      run(directory, "eval --data good.csv --target y --base merged.safetensors --json").out);
  const Json adapted = end_of(run(directory, "eval " + data + "--adapter out --json").out);
  CHECK(merged["loss"] == Approx(adapted["loss"].get<double>()).epsilon(1e-5));
  CHECK(read_file(directory.path() / "merged.safetensors").size() ==
        read_file(directory.path() / "base.safetensors").size());
  CHECK(run_lora_train(directory.path(),
                       "merge --base base.safetensors --adapter out --output base.safetensors "
                       "--overwrite")
            .exit_code == 2);
  CHECK(run_lora_train(directory.path(),
                       "merge --base base.safetensors --adapter out --output merged.safetensors")
            .exit_code == 2);
}

TEST_CASE("what was merged into a base is extracted from it again", "[cli][extract]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors ";
  run(directory, data + "--rank 1 --alpha 3 --epochs 30 --lr 0.1 --bias all --save out");
  run(directory, "merge --base base.safetensors --adapter out --output tuned.safetensors");
  const std::string extract = "extract --base base.safetensors --tuned tuned.safetensors ";
  const auto table = lines_of(run(directory, extract + "--rank 1 --output again").out);
  REQUIRE(table.size() == 2);
  CHECK(table[0].starts_with("layer  rank    kept"));
  CHECK(table[1].starts_with("head      1  1.0000"));
  // Its configuration names the base.
  const Json before = end_of(run(directory, "eval " + data + "--adapter out --json").out);
  const Json after =
      end_of(run(directory, "eval --data good.csv --target y --adapter again --json").out);
  CHECK(after["loss"] == Approx(before["loss"].get<double>()).epsilon(1e-4));
  const Json facts = end_of(run(directory, extract + "--share 0.5 --save new --json").out);
  CHECK(facts["layers"][0]["rank"] == 1);
  CHECK(facts["with_biases"] == true);
  CHECK(facts["output"] == "new");
}

TEST_CASE("inspect says how much an adapter adds to its base", "[cli][inspect]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  run(directory,
      "--data good.csv --target y --base base.safetensors --rank 1 --alpha 3 --epochs 30 --lr 0.1 "
      "--save out");
  const Json layer = end_of(run(directory, "inspect out --json").out)["files"][0]["layers"][0];
  const Json extracted = [&] {
    run(directory, "merge --base base.safetensors --adapter out --output tuned.safetensors");
    return end_of(run(directory,
                      "extract --base base.safetensors --tuned tuned.safetensors --rank 1 "
                      "--output again --json")
                      .out)["layers"][0];
  }();
  CHECK(layer["path"] == "head");
  CHECK(layer["scale"] == 3);
  CHECK(layer["effective_rank"] == Approx(1));
  for (const char* figure : {"norm", "share_of_base"}) {
    CAPTURE(figure);
    CHECK(layer[figure].get<double>() > 0);
    CHECK(layer[figure].get<double>() == Approx(extracted[figure].get<double>()).epsilon(1e-5));
  }
  run(directory, "--data good.csv --target y --base base.safetensors --dora --save dora");
  CHECK(run(directory, "inspect dora").out.find("magnitudes") != std::string::npos);
  CHECK(run(directory, "inspect out").out.find("magnitudes") == std::string::npos);
  std::filesystem::remove(directory.path() / "base.safetensors");
  CHECK(run(directory, "inspect out").out.find("base not here") != std::string::npos);
}

TEST_CASE("inspect lists checkpoints, and says which are damaged", "[cli][inspect]") {
  const TemporaryDirectory directory;
  run(directory, "--in 5 --out 3 --epochs 3 --checkpoint ck --checkpoint-every 1");
  directory.write("ck/step-000000000002.json", "{");
  const std::string text = run(directory, "inspect ck").out;
  for (const char* part : {"ck: 2 checkpoints", "step 2: ck/step-000000000002.json", "damaged",
                           "step 3, after 3 whole epochs", "adam.m.0", "linear.lora_A.weight"}) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
}

TEST_CASE("plan says what training would do, and does not do it", "[cli][plan]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string options =
      "--data good.csv --target y --base base.safetensors --rank 1 --batch-size 3 --epochs 7 "
      "--save out --checkpoint ck ";
  const auto before = files_below(directory.path());
  const std::string text = run(directory, "plan " + options).out;
  CHECK(files_below(directory.path()) == before);
  for (const char* part :
       {"rank = 1", "batch-size = 3", "layer   shape", "head   (1, 2)", "Trainable parameters: 3",
        "Total parameters: 6", "Steps: 14 in 7 epochs", "Time: "}) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
  const Json plan = end_of(run(directory, "plan --json " + options).out);
  CHECK(plan["steps"] == 14);
  CHECK(plan["trainable_parameters"] == 3);
  CHECK(plan["step_seconds"].get<double>() > 0);
  CHECK(plan["memory"]["optimiser"] == 2 * 3 * 4);  // Adam's two moments of 3 numbers
  const Json start = Json::parse(lines_of(run(directory, options + "--json").out).front());
  CHECK(plan["trainable_parameters"] == start["trainable_parameters"]);
  CHECK(plan["total_parameters"] == start["total_parameters"]);
}

TEST_CASE("more memory than there is is refused before it is taken, with what needs less",
          "[cli][plan]") {
  const TemporaryDirectory directory;
  for (const std::string verb : {"plan ", ""}) {
    CAPTURE(verb);
    const ProgramResult weight =
        run_lora_train(directory.path(), verb + "--in 9000000 --out 9000000");
    CHECK(weight.exit_code == 7);
    CHECK(weight.err.find("frozen weight; less is needed with a smaller --in or --out") !=
          std::string::npos);
    const ProgramResult data = run_lora_train(directory.path(), verb + "--samples 900000000000");
    CHECK(data.exit_code == 7);
    CHECK(data.err.find("fewer --samples") != std::string::npos);
    CHECK(data.out.empty());
  }
}

TEST_CASE("keys of an adapter's configuration that nobody knows are said once", "[cli][adapter]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "--data good.csv --target y --base base.safetensors ";
  run(directory, data + "--epochs 2 --save out");
  Json config = Json::parse(read_file(directory.path() / "out/adapter_config.json"));
  config["of_2030"] = true;
  directory.write("out/adapter_config.json", config.dump());
  const std::string err = run(directory, "eval " + data + "--adapter out").err;
  CHECK(err.find("not known: of_2030") != std::string::npos);
  CHECK(err.find("of_2030") == err.rfind("of_2030"));
}

TEST_CASE("row weights count rows", "[cli][weights]") {
  const TemporaryDirectory directory;
  directory.write("weighted.csv", "x,w,y\n1,2,3\n2,0,100\n0,1,2\n");
  directory.write("repeated.csv", "x,y\n1,3\n1,3\n0,2\n");
  directory.write("base.csv", "");
  const std::string options = " --target y --batch-size 0 --epochs 5 ";
  CHECK(run(directory, "--data weighted.csv --weight-column w" + options).out ==
        run(directory, "--data repeated.csv" + options).out);
}

TEST_CASE("inspect shows what files hold", "[cli][inspect]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string out =
      run(directory, "inspect classes.csv words.csv x.npy base.safetensors").out;
  for (const char* part : {"classes.csv: table, 4 rows, 3 columns", "'x1'", "number", "text",
                           "'cat', 'dog'", "float64", "(4, 2)", "head.weight", "F32", "(1, 2)"}) {
    CAPTURE(part, out);
    CHECK(out.find(part) != std::string::npos);
  }
  const Json json = end_of(run(directory, "inspect good.csv base.safetensors --json").out);
  CHECK(json["files"][0]["rows"] == 4);
  CHECK(json["files"][1]["arrays"].size() == 2);
  run(directory, "--data words.csv --target label --epochs 1 --save out");
  const std::string adapter = run(directory, "inspect out").out;
  for (const char* part : {"rank 4", "lora_A", "(4, 2)", "cat, dog"}) {
    CAPTURE(part, adapter);
    CHECK(adapter.find(part) != std::string::npos);
  }
}

TEST_CASE("a weight stored as (in, out) is used as such", "[cli][base]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string data = "predict --data x.npy ";
  CHECK(run(directory, data + "--base transposed.safetensors --fan-in-fan-out").out ==
        run(directory, data + "--base base.safetensors").out);
}

TEST_CASE("a verb refuses the options of others, and passes over them in a file", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  directory.write("run.toml",
                  "data = \"good.csv\"\ntarget = \"y\"\nbase = \"base.safetensors\"\nepochs = 3\n");
  run(directory, "eval --config run.toml");
  run(directory, "predict --config run.toml");
  const ProgramResult refused =
      run_lora_train(directory.path(), "eval --config run.toml --epochs 3");
  CHECK(refused.exit_code == 2);
  CHECK(refused.err.find("--epochs") != std::string::npos);
  CHECK(refused.err.find("train") != std::string::npos);
  const std::string help = run(directory, "eval --help").out;
  CHECK(help.find("--adapter") != std::string::npos);
  CHECK(help.find("--epochs") == std::string::npos);
}

TEST_CASE("the base is left as it was, and the last line says so", "[cli][base]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string before = read_file(directory.path() / "base.safetensors");
  const auto lines = lines_of(
      run(directory, "--data good.csv --target y --base base.safetensors --epochs 2 --save out")
          .err);
  CHECK(lines.back().find("base.safetensors") != std::string::npos);
  CHECK(lines.back().find("left as it was") != std::string::npos);
  CHECK(read_file(directory.path() / "base.safetensors") == before);
}
