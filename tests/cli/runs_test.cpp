// Whole runs of lora-train, as users and scripts make them.
#include <cmath>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sample_files.h"
#include "lora/io/safetensors.h"
#include "support/catch.h"
#include "support/run_program.h"

using namespace lora;
using namespace lora::test;

namespace {

const std::string kTrain = "--data good.csv --target y --base base.safetensors --epochs 3 ";

}  // namespace

TEST_CASE("the demo prints its twelve lines on stdout and nothing else there", "[cli][demo]") {
  const TemporaryDirectory directory;
  CHECK(run(directory, "--in 64 --out 10 --rank 4 --epochs 10").out ==
        "Trainable parameters: 296\n"
        "Total parameters: 946\n"
        "Epoch 1/10, Loss: 243.7067\n"
        "Epoch 2/10, Loss: 234.6530\n"
        "Epoch 3/10, Loss: 225.9276\n"
        "Epoch 4/10, Loss: 217.5213\n"
        "Epoch 5/10, Loss: 209.4257\n"
        "Epoch 6/10, Loss: 201.6327\n"
        "Epoch 7/10, Loss: 194.1344\n"
        "Epoch 8/10, Loss: 186.9234\n"
        "Epoch 9/10, Loss: 179.9918\n"
        "Epoch 10/10, Loss: 173.3318\n");
}

TEST_CASE("the demo with a trained bias prints PyTorch's other column", "[cli][demo]") {
  const TemporaryDirectory directory;
  CHECK(run(directory, "--bias all").out ==
        "Trainable parameters: 306\n"
        "Total parameters: 946\n"
        "Epoch 1/10, Loss: 243.7067\n"
        "Epoch 2/10, Loss: 234.6470\n"
        "Epoch 3/10, Loss: 225.9159\n"
        "Epoch 4/10, Loss: 217.5043\n"
        "Epoch 5/10, Loss: 209.4038\n"
        "Epoch 6/10, Loss: 201.6063\n"
        "Epoch 7/10, Loss: 194.1039\n"
        "Epoch 8/10, Loss: 186.8890\n"
        "Epoch 9/10, Loss: 179.9540\n"
        "Epoch 10/10, Loss: 173.2909\n");
}

TEST_CASE("stderr says what will be done, and --quiet silences it", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const ProgramResult loud = run(directory, kTrain + "--rank 1 --alpha 3 --threads 1");
  for (const char* part : {"4 rows", "2 features", "1 outputs", "base.safetensors:head.weight",
                           "rank 1", "scale 3", "3 trainable of 6", "1 thread"}) {
    CAPTURE(part, loud.err);
    CHECK(loud.err.find(part) != std::string::npos);
  }
  CHECK(loud.err.find("batch-size = 32") == std::string::npos);
  const ProgramResult verbose = run(directory, kTrain + "--rank 1 --alpha 3 --verbose");
  CHECK(verbose.err.find("option    batch-size = 32\n") != std::string::npos);
  CHECK(verbose.err.find("3 steps in ") != std::string::npos);
  CHECK(verbose.out == loud.out);
  const ProgramResult quiet = run(directory, kTrain + "--rank 1 --alpha 3 --quiet");
  CHECK(quiet.err.empty());
  CHECK(quiet.out == loud.out);
}

TEST_CASE("whole numbers as targets of a regression are remarked on", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  CHECK(run(directory, "--data classes.csv --target label --epochs 1")
            .err.find("warning: the targets") != std::string::npos);
  CHECK(run(directory, "--data good.csv --target y --epochs 1").err.find("--task") ==
        std::string::npos);
}

TEST_CASE("every configuration of the tree runs as it stands", "[cli][config]") {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LORA_SOURCE_DIR "/configs")) {
    CAPTURE(entry.path());
    const ProgramResult result = run_lora_train(
        LORA_SOURCE_DIR, "--config " + entry.path().string() + " --epochs 2 --quiet");
    CAPTURE(result.err);
    CHECK(result.exit_code == 0);
    CHECK_FALSE(result.out.empty());
    ++count;
  }
  CHECK(count == 7);
}

TEST_CASE("sums over the rows train as the rows do, and auto chooses by the shapes",
          "[cli][gram]") {
  const TemporaryDirectory directory;
  std::string rows;
  for (int i = 0; i < 400; ++i) {
    rows += std::to_string(i % 7 - 3) + "," + std::to_string(i % 5 - 2) + "," +
            std::to_string(i % 3) + "," + std::to_string((i * i) % 11) + "\n";
  }
  directory.write("rows.csv", "a,b,c,y\n" + rows);
  const std::string options =
      "--data rows.csv --target y --batch-size 0 --val-split 0.25 --lr 0.05 --rank 2 --alpha 3 "
      "--epochs 300 --json ";
  const auto told = [&](const std::string& gram) {
    std::vector<double> losses;
    std::istringstream lines(run(directory, options + gram).out);
    for (std::string line; std::getline(lines, line);) {
      const auto object = nlohmann::json::parse(line);
      if (object["event"] == "start") losses.push_back(object["config"]["gram"] == "on" ? 1 : 0);
      if (object["event"] != "epoch") continue;
      losses.push_back(object["loss"]);
      losses.push_back(object["val_loss"]);
    }
    return losses;
  };
  const std::vector<double> off = told("--gram off");
  const std::vector<double> on = told("--gram on");
  CHECK(told("") == on);
  REQUIRE(off.size() == 601);
  REQUIRE(on.size() == 601);
  CHECK(off[0] == 0);
  CHECK(on[0] == 1);
  for (std::size_t i = 1; i < 601; ++i) CHECK(on[i] == Approx(off[i]).epsilon(1e-4));
  CHECK(on[600] < 0.9 * on[2]);
}

TEST_CASE("--profile says where the time went, and changes nothing else", "[cli][profile]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string by_rows = kTrain + "--gram off ";
  const ProgramResult plain = run(directory, by_rows);
  const ProgramResult profiled = run(directory, by_rows + "--profile --val good.csv --save out");
  for (const char* part : {"reading and hashing inputs", "products of the base", "steps: forward",
                           "steps: backward", "validation", "saving", "everything else",
                           "GFLOP/s in a large product", "GB/s reading memory"}) {
    CAPTURE(part, profiled.err);
    CHECK(profiled.err.find(part) != std::string::npos);
  }
  CHECK(run(directory, by_rows + "--profile").out == plain.out);

  const std::string json = run(directory, by_rows + "--profile --json --quiet").out;
  const auto last = nlohmann::json::parse(json.substr(json.rfind("{\"event\"")));
  const auto& profile = last.at("profile");
  double sum = 0;
  for (const auto& phase : profile.at("phases")) sum += phase.at("seconds").get<double>();
  CHECK(sum > 0);
  CHECK(sum <= profile.at("seconds").get<double>());
  // Three epochs of four rows: two features, the kept product and the target of each.
  CHECK(profile.at("row_bytes") == 3 * 4 * (2 + 1 + 1) * 4);
  CHECK(profile.at("peak_multiply_adds_per_second") > 1e6);
  CHECK(profile.at("peak_bytes_per_second") > 1e6);
}

TEST_CASE("--shuffle-block makes another order of the rows", "[cli][shuffle]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string blocks = kTrain + "--batch-size 1 --shuffle-block 2 ";
  const std::string whole = run(directory, blocks).out;
  CHECK(whole != run(directory, kTrain + "--batch-size 1").out);
  CHECK(run(directory, kTrain + "--batch-size 1 --shuffle-block 100").out != whole);
}

TEST_CASE("a table and arrays of the same numbers train alike", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  directory.write("same.csv", "x1,x2,y\n1,2,0.5\n2,1,1\n0,1,2\n3,3,1\n");
  const std::string table = run(directory, "--data same.csv --target y --epochs 5").out;
  CHECK(run(directory, "--data x.npy --target y.npy --epochs 5").out == table);
  CHECK(run(directory, "--data same.csv --target last --epochs 5").out == table);
  CHECK(run(directory, "--data same.csv --target 3 --epochs 5").out == table);
}

TEST_CASE("members of an archive are features and targets", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  directory.write("same.csv", "x1,x2,y\n1,2,1\n2,1,2\n0,1,3\n3,3,4\n");
  CHECK(run(directory, "--data many.npz:x --target many.npz:wide --epochs 5").out ==
        run(directory, "--data same.csv --target y --epochs 5").out);
}

TEST_CASE("validation figures stand behind the loss", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const auto lines = lines_of(run(directory,
                                  "--data classes.csv --target label --task classification "
                                  "--val classes.csv --epochs 2")
                                  .out);
  REQUIRE(lines.size() == 4);
  CHECK(lines[2].starts_with("Epoch 1/2, Loss: "));
  CHECK(lines[2].find(", Val loss: ") < lines[2].find(", Val accuracy: "));
  CHECK(lines[2].find(", Val accuracy: ") != std::string::npos);
}

TEST_CASE("--max-steps decides how long training goes on, whatever --epochs says", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const auto lines = lines_of(run(directory, kTrain + "--batch-size 1 --max-steps 6").out);
  REQUIRE(lines.size() == 4);  // four steps, then two
  CHECK(lines[2].starts_with("Epoch 1/2, "));
  CHECK(lines[3].starts_with("Epoch 2/2, "));
}

TEST_CASE("--print-config prints what --config reads", "[cli][config]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const std::string arguments = kTrain + "--lr 3e-4 --no-shuffle --seed 18446744073709551615";
  const std::string config = run(directory, arguments + " --print-config").out;
  CHECK(config.find("lr = 0.0003\n") != std::string::npos);
  CHECK(config.find("shuffle = false\n") != std::string::npos);
  CHECK(config.find("batch-size = 32\n") != std::string::npos);

  directory.write("run.toml", config);
  CHECK(run(directory, "--config run.toml --print-config").out == config);
  CHECK(run(directory, "--config run.toml").out == run(directory, arguments).out);
  CHECK(run(directory, "--config run.toml --lr 0.5 --print-config").out.find("lr = 0.5\n") !=
        std::string::npos);
}

TEST_CASE("--print-config is read back for the demo, for odd names, and from an empty file",
          "[cli][config]") {
  const TemporaryDirectory directory;
  for (const std::string arguments :
       {"--epochs 3", "--data 'a\"b\\c\x7f\x01é.csv' --target y", "--config empty.toml"}) {
    CAPTURE(arguments);
    directory.write("empty.toml", "");
    const std::string config = run(directory, arguments + " --print-config").out;
    directory.write("run.toml", config);
    CHECK(run(directory, "--config run.toml --print-config").out == config);
  }
}

TEST_CASE("names of other trainers mean the same options", "[cli]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  CHECK(run(directory, kTrain + "--r 2 --lora-alpha 3 --learning-rate 0.1 --optim adam "
                                "--per-device-train-batch-size 2 --print-config")
            .out ==
        run(directory, kTrain + "--rank 2 --alpha 3 --lr 0.1 --optimizer adam --batch-size 2 "
                                "--print-config")
            .out);
}

TEST_CASE("with --json every line of stdout is one JSON object with its event", "[cli][json]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  std::vector<nlohmann::json> events;
  for (const std::string& line : lines_of(run(directory, kTrain + "--val good.csv --json").out)) {
    events.push_back(nlohmann::json::parse(line));
  }
  REQUIRE(events.size() == 5);
  CHECK(events[0]["event"] == "start");
  CHECK(events[0]["trainable_parameters"] == 12);
  CHECK(events[0]["config"]["lr"] == 0.01);
  CHECK(events[2]["event"] == "epoch");
  CHECK(events[2]["epoch"] == 2);
  CHECK(events[2]["val_loss"].is_number());
  CHECK(events[4]["event"] == "end");
  CHECK(events[4]["exit_code"] == 0);
}

TEST_CASE("a run that diverges ends with code 4, names the step, and prints strict JSON", "[cli]") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_lora_train(
      directory.path(), "--in 8 --out 2 --rank 2 --samples 50 --epochs 5 --lr 1e30 --json");
  CHECK(result.exit_code == 4);
  CHECK(result.err.find("step ") != std::string::npos);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() >= 2);
  for (const std::string& line : lines) {
    CAPTURE(line);
    CHECK(nlohmann::json::accept(line));
  }
  CHECK(nlohmann::json::parse(lines.back())["exit_code"] == 4);
}

TEST_CASE("with --json a command that fails or is interrupted ends with one object that says so",
          "[cli][json]") {
  const TemporaryDirectory directory;
  const ProgramResult absent = run_lora_train(directory.path(), "inspect absent.csv --json");
  CHECK(absent.exit_code == 3);
  CHECK(nlohmann::json::parse(absent.out)["exit_code"] == 3);

  const std::string command = "cd '" + directory.path().string() +
                              "' || exit 9; " LORA_BINARY_DIR
                              "/lora-train --epochs 100000000 --json >out 2>err & pid=$!; "
                              "until grep -q seconds out; do sleep 0.05; done; "
                              "kill -TERM $pid; wait $pid";
  CHECK(WEXITSTATUS(std::system(command.c_str())) == 130);
  const auto end = nlohmann::json::parse(lines_of(read_file(directory.path() / "out")).back());
  CHECK(end["exit_code"] == 130);
  CHECK(end["error"].get<std::string>().find("nothing was kept") != std::string::npos);
}

TEST_CASE("--save writes a PEFT directory, and only --overwrite replaces it", "[cli][save]") {
  const TemporaryDirectory directory;
  write_sample_files(directory);
  const auto before = files_below(directory.path());
  run(directory, kTrain + "--rank 2 --alpha 3 --bias all --save deep/out");

  const SafetensorsFile file((directory.path() / "deep/out/adapter_model.safetensors").string());
  REQUIRE(file.tensors().size() == 3);
  REQUIRE(file.find("base_model.model.head.lora_A.weight") != nullptr);
  CHECK(file.find("base_model.model.head.lora_A.weight")->shape ==
        std::vector<std::uint64_t>{2, 2});
  CHECK(file.find("base_model.model.head.lora_B.weight")->shape ==
        std::vector<std::uint64_t>{1, 2});
  CHECK(file.find("base_model.model.head.base_layer.bias")->shape == std::vector<std::uint64_t>{1});
  CHECK(file.metadata().at("format") == "pt");

  const auto config =
      nlohmann::json::parse(read_file(directory.path() / "deep/out/adapter_config.json"));
  CHECK(config["r"] == 2);
  CHECK(config["lora_alpha"] == 3);
  CHECK(config["bias"] == "all");
  CHECK(config["target_modules"] == nlohmann::json::array({"head"}));

  const auto saved = files_below(directory.path());
  CHECK(saved.size() == before.size() + 6);  // two directories, four files
  CHECK(run_lora_train(directory.path(), kTrain + "--rank 2 --save deep/out").exit_code == 2);
  CHECK(files_below(directory.path()) == saved);
  run(directory, kTrain + "--rank 1 --save deep/out --overwrite");
  CHECK(files_below(directory.path()).size() == saved.size());
  CHECK(files_below(directory.path()) != saved);
}

TEST_CASE("an adapter that cannot be written leaves the old one whole, with code 6",
          "[cli][save]") {
  const TemporaryDirectory directory;
  const std::string demo = "--in 512 --out 512 --samples 8 --epochs 1 --save out ";
  run(directory, demo + "--rank 1");
  const auto before = files_below(directory.path());
  const std::string limited = "(ulimit -f 8; exec " LORA_BINARY_DIR "/lora-train " + demo +
                              "--rank 8 --overwrite) >/dev/null 2>&1";
  const int status = std::system(("cd '" + directory.path().string() + "' && " + limited).c_str());
  CHECK(WEXITSTATUS(status) == 6);
  CHECK(files_below(directory.path()) == before);
}

TEST_CASE("a closed pipe on stdout does not stop training", "[cli]") {
  const TemporaryDirectory directory;
  const std::string command = "cd '" + directory.path().string() +
                              "' && (" LORA_BINARY_DIR
                              "/lora-train --epochs 300 --save out 2>err; echo $? >code) | head -1 "
                              ">/dev/null";
  REQUIRE(std::system(command.c_str()) == 0);
  CHECK(read_file(directory.path() / "code") == "0\n");
  CHECK(std::filesystem::exists(directory.path() / "out/adapter_model.safetensors"));
}

TEST_CASE("a full disk behind stdout ends the run with code 6", "[cli]") {
  const TemporaryDirectory directory;
  const int status = std::system(LORA_BINARY_DIR "/lora-train --epochs 3 >/dev/full 2>/dev/null");
  CHECK(WEXITSTATUS(status) == 6);
}

TEST_CASE("SIGTERM ends a run after its step with code 130 and says what was kept", "[cli]") {
  const TemporaryDirectory directory;
  const std::string command = "cd '" + directory.path().string() +
                              "' || exit 9; " LORA_BINARY_DIR
                              "/lora-train --epochs 100000000 >out 2>err & pid=$!; "
                              "until grep -q Epoch out; do sleep 0.05; done; "
                              "kill -TERM $pid; wait $pid";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(read_file(directory.path() / "err").find("nothing was kept") != std::string::npos);
}

TEST_CASE("SIGTERM while a file is read ends the run at once with code 130", "[cli]") {
  const TemporaryDirectory directory;
  const std::string command = "cd '" + directory.path().string() +
                              "' && mkfifo pipe; sleep 5 >pipe & " LORA_BINARY_DIR
                              "/lora-train --data - --target y <pipe 2>err & pid=$!; "
                              "sleep 1.5; kill -TERM $pid; wait $pid";
  const int status = std::system(command.c_str());
  CHECK(WEXITSTATUS(status) == 130);
  CHECK(read_file(directory.path() / "err").starts_with("interrupted"));
}

TEST_CASE("more memory than there is ends with code 7 and a sentence", "[cli]") {
  const TemporaryDirectory directory;
  const ProgramResult result =
      run_lora_train(directory.path(), "--in 1000000000 --out 10 --samples 1000000000");
  CHECK(result.exit_code == 7);
  CHECK(result.err.find("memory") != std::string::npos);
}

TEST_CASE("--help and --version print on stdout and do nothing", "[cli]") {
  const TemporaryDirectory directory;
  const ProgramResult help = run(directory, "--help");
  CHECK(help.err.empty());
  for (const char* part : {"--in", "--rank", "--save", "--config", "lora-train", "train"}) {
    CHECK(help.out.find(part) != std::string::npos);
  }
  for (const std::string& line : lines_of(help.out)) CHECK(line.size() <= 100);
  for (const std::string command : kCommands) {
    const ProgramResult own = run(directory, command + " --help");
    CHECK(own.out.starts_with("lora-train " + command + ": "));
    for (const std::string& line : lines_of(own.out)) CHECK(line.size() <= 100);
  }
  CHECK(run(directory, "--version").out.starts_with("lora-train "));
}

TEST_CASE("README shows the options that --help shows", "[cli]") {
  const std::string help = run_lora_train(".", "--help").out;
  const std::string readme = read_file(LORA_SOURCE_DIR "/README.md");
  const std::size_t start = help.find("Problem\n");
  REQUIRE(start != std::string::npos);
  for (const std::string& line :
       lines_of(help.substr(start, help.find("Results go to stdout") - start))) {
    CAPTURE(line);
    CHECK((line.empty() || readme.find("    " + line + "\n") != std::string::npos));
  }
}

TEST_CASE("the digits story ends above 90 percent on turned digits", "[cli][digits]") {
  const ProgramResult result =
      run_lora_train(LORA_SOURCE_DIR, "--config configs/classification.toml");
  REQUIRE(result.exit_code == 0);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 102);
  CHECK(lines[0] == "Trainable parameters: 296");
  CHECK(lines[1] == "Total parameters: 946");
  CHECK(std::stod(lines.back().substr(lines.back().rfind(' '))) >= 0.9);
  CHECK(result.err.find("Val accuracy: 0.1056") != std::string::npos);

  const ProgramResult upright = run_lora_train(
      LORA_SOURCE_DIR,
      "--config configs/classification.toml --val tests/data/digits/upright_val.csv --max-steps 1");
  CHECK(upright.err.find("Val accuracy: 0.9583") != std::string::npos);
}

TEST_CASE("the abalone story ends above 80 percent of the variance", "[cli][abalone]") {
  const TemporaryDirectory directory;
  const std::string save = (directory.path() / "large").string();
  const ProgramResult result =
      run_lora_train(LORA_SOURCE_DIR, "--config configs/regression.toml --save " + save);
  REQUIRE(result.exit_code == 0);
  const auto lines = lines_of(result.out);
  REQUIRE(lines.size() == 102);
  CHECK(lines[0] == "Trainable parameters: 11");
  CHECK(lines[1] == "Total parameters: 23");
  // The same run in PyTorch and PEFT: tests/bench/abalone_peft.py
  CHECK(lines[2] == "Epoch 1/100, Loss: 0.1803, Val loss: 0.1115, Val R2: 0.5254");
  CHECK(lines[11] == "Epoch 10/100, Loss: 0.0690, Val loss: 0.0761, Val R2: 0.7267");
  CHECK(lines[101] == "Epoch 100/100, Loss: 0.0303, Val loss: 0.0342, Val R2: 0.8189");
  CHECK(result.err.find("Val R2: -0.5091") != std::string::npos);
  CHECK(result.err.find("shucked_weight_hg") != std::string::npos);
}

TEST_CASE("a schedule's rates are those of Hugging Face, step by step", "[cli][schedule]") {
  const TemporaryDirectory directory;
  const auto lines = lines_of(
      run(directory, "--epochs 4 --schedule linear --warmup-ratio 0.3 --lr 0.02 --json").out);
  std::vector<double> rates;
  for (const std::string& line : lines) {
    const auto event = nlohmann::json::parse(line);
    if (event["event"] == "epoch") rates.push_back(event["lr"]);
  }
  // A warm-up of ceil(0.3 x 4) = 2 steps from 0, then down to 0 in the other two.
  CHECK(rates == std::vector<double>{0, 0.01, 0.02, 0.01});
  // At rate 0 nothing is learned, and nothing is wrong.
  run(directory, "--max-steps 1 --schedule linear --warmup-steps 1");
}

TEST_CASE("an optimiser's own defaults are what is resolved", "[cli][optimizer]") {
  const TemporaryDirectory directory;
  const std::string lion = run(directory, "--optimizer lion --print-config").out;
  for (const char* line : {"beta1 = 0.9\n", "beta2 = 0.99\n", "weight-decay = 0.0\n"}) {
    CAPTURE(line);
    CHECK(lion.find(line) != std::string::npos);
  }
  CHECK(lion.find("\neps") == std::string::npos);
  CHECK(run(directory, "--optimizer adamw --print-config").out.find("weight-decay = 0.01\n") !=
        std::string::npos);
  directory.write("lion.toml", lion);
  CHECK(run(directory, "--config lion.toml --print-config").out == lion);
}
