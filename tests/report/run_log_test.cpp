// The log of a run: where --resume cuts it, and what it says of a run.
#include "lora/report/run_log.h"

#include <string>

#include "support/catch.h"

using namespace lora;

namespace {

const std::string kStart = "{\"event\":\"start\",\"rows\":9}\n";
const std::string kStep1 = "{\"event\":\"step\",\"step\":1,\"epoch\":1,\"loss\":4.0,\"lr\":0.1}\n";
const std::string kStep2 = "{\"event\":\"step\",\"step\":2,\"epoch\":1,\"loss\":3.0,\"lr\":0.1}\n";
const std::string kEpoch1 =
    "{\"event\":\"epoch\",\"epoch\":1,\"step\":2,\"loss\":3.5,\"lr\":0.1,\"val_loss\":2.5,"
    "\"seconds\":0.25}\n";
const std::string kStep3 = "{\"event\":\"step\",\"step\":3,\"epoch\":2,\"loss\":2.0,\"lr\":0.2}\n";
const std::string kEpoch2 =
    "{\"event\":\"epoch\",\"epoch\":2,\"step\":4,\"loss\":1.5,\"lr\":0.2,\"val_loss\":null,"
    "\"seconds\":0.5}\n";
const std::string kEnd = "{\"event\":\"end\",\"epochs\":2,\"exit_code\":0}\n";

}  // namespace

TEST_CASE("a log is cut behind the last line of a checkpoint", "[report][log]") {
  const std::string log = kStart + kStep1 + kStep2 + kEpoch1 + kStep3 + kEpoch2 + kEnd;
  CHECK(lines_until(log, {0, 0}) == kStart);
  CHECK(lines_until(log, {1, 0}) == kStart + kStep1);
  CHECK(lines_until(log, {2, 0}) == kStart + kStep1 + kStep2);
  CHECK(lines_until(log, {2, 1}) == kStart + kStep1 + kStep2 + kEpoch1);
  CHECK(lines_until(log, {3, 1}) == kStart + kStep1 + kStep2 + kEpoch1 + kStep3);
  CHECK(lines_until(log, {100, 100}) == log.substr(0, log.size() - kEnd.size()));
}

TEST_CASE("a log is cut at a line that is not whole or is no event", "[report][log]") {
  CHECK(lines_until(kStart + kStep1.substr(0, kStep1.size() - 1), {9, 9}) == kStart);
  CHECK(lines_until(kStart + kStep1.substr(0, 20), {9, 9}) == kStart);
  CHECK(lines_until(kStart + "\n" + kStep1, {9, 9}) == kStart);
  CHECK(lines_until(kStart + "[1]\n" + kStep1, {9, 9}) == kStart);
  CHECK(lines_until(kStart + "{\"event\":\"step\",\"step\":1.5}\n", {0, 9}) == kStart);
  CHECK(lines_until("", {9, 9}).empty());
}

TEST_CASE("lines behind those of a run that went on stay where they are", "[report][log]") {
  const std::string log = kStart + kStep1 + kStart + kStep2 + kEpoch1 + kStart + kStep3;
  CHECK(lines_until(log, {2, 1}) == kStart + kStep1 + kStart + kStep2 + kEpoch1 + kStart);
}

TEST_CASE("only a text that begins with a start event is a log", "[report][log]") {
  CHECK(is_run_log(kStart + "whatever"));
  CHECK_FALSE(is_run_log(kStep1));
  CHECK_FALSE(is_run_log(kStart.substr(0, kStart.size() - 1)));
  CHECK_FALSE(is_run_log("{}\n"));
  CHECK_FALSE(is_run_log("{\"event\":1}\n"));
  CHECK_FALSE(is_run_log("dear diary,\n"));
  CHECK_FALSE(is_run_log(""));
}

TEST_CASE("a log gives the figures of each epoch back", "[report][log]") {
  const LoggedRun run = read_run_log(kStart + kStep1 + kEpoch1 + kEpoch2 + kEnd);
  CHECK(run.start.at("rows") == 9);
  REQUIRE(run.end);
  CHECK(run.end->at("exit_code") == 0);
  CHECK(run.seconds == 0.75);
  REQUIRE(run.history.find("loss") != nullptr);
  CHECK(run.history.find("loss")->epochs == std::vector<double>{1, 2});
  CHECK(run.history.find("loss")->values == std::vector<double>{3.5, 1.5});
  CHECK(run.history.find("lr")->values == std::vector<double>{0.1, 0.2});
  CHECK(run.history.find("val_loss")->epochs == std::vector<double>{1});
  CHECK(run.history.find("seconds") == nullptr);
  CHECK(run.history.find("step") == nullptr);
}

TEST_CASE("a log whose run goes on has no end", "[report][log]") {
  const LoggedRun run = read_run_log(kStart + kEpoch1 + "{\"event\":\"end\"");
  CHECK_FALSE(run.end);
  CHECK(run.history.find("val_loss")->values == std::vector<double>{2.5});
}

TEST_CASE("a line that nests without end is no event of a log", "[report][log]") {
  const std::string deep = std::string(200'000, '[') + std::string(200'000, ']');
  CHECK_FALSE(is_run_log(R"({"event":"start","config":)" + deep + "}\n"));
  CHECK(lines_until(kStart + R"({"event":"step","step":1,"x":)" + deep + "}\n", {9, 9}) == kStart);
}
