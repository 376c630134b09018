#include "profiling.h"

#include <array>
#include <string_view>

#include <spdlog/spdlog.h>

namespace lora::cli {

namespace {

constexpr double kGiga = 1e9;
constexpr double kOperations = 2;  // a multiply-add

struct PhaseName {
  Phase phase;
  std::string_view key;  // in JSON
  std::string_view text;
};

constexpr std::array<PhaseName, kPhases> kNames = {{
    {Phase::reading, "reading", "reading and hashing inputs"},
    {Phase::base_products, "base_products", "products of the base"},
    {Phase::row_sums, "row_sums", "sums over the rows"},
    {Phase::gathering, "gathering", "steps: gathering rows"},
    {Phase::forward, "forward", "steps: forward"},
    {Phase::loss, "loss", "steps: loss"},
    {Phase::backward, "backward", "steps: backward"},
    {Phase::optimizer, "optimizer", "steps: optimiser, checks"},
    {Phase::validation, "validation", "validation"},
    {Phase::saving, "saving", "saving"},
}};

constexpr std::array kOfSteps = {Phase::gathering, Phase::forward, Phase::loss, Phase::backward};

double percent(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

/// "  12.3 GFLOP/s,  4 % of the peak", or nothing for a phase without products.
std::string product_rate(const Profile::Spent& spent, const Peak& peak) {
  if (spent.multiplications == 0 || spent.seconds == 0) return "";
  const double rate = spent.multiplications / spent.seconds;
  return fmt::format("{:9.2f} GFLOP/s, {:3.0f} % of the peak", kOperations * rate / kGiga,
                     percent(rate, peak.multiplications));
}

Profile::Spent steps_of(const Profile& profile) {
  Profile::Spent sum;
  for (const Phase phase : kOfSteps) {
    sum.seconds += profile.of(phase).seconds;
    sum.multiplications += profile.of(phase).multiplications;
  }
  return sum;
}

void print_phase(std::string_view text, double seconds, double all, const std::string& rate) {
  spdlog::info("profile   {:28} {:10.4f} s {:5.1f} %{}", text, seconds, percent(seconds, all),
               rate);
}

void print(const Profile& profile, double seconds, const Peak& peak, int threads) {
  double rest = seconds;
  for (const PhaseName& name : kNames) {
    const Profile::Spent& spent = profile.of(name.phase);
    rest -= spent.seconds;
    if (spent.seconds == 0) continue;
    print_phase(name.text, spent.seconds, seconds, product_rate(spent, peak));
  }
  print_phase("everything else", rest, seconds, "");
  print_phase("all", seconds, seconds, "");
  const Profile::Spent steps = steps_of(profile);
  if (profile.row_bytes() > 0 && steps.seconds > 0) {
    const double rate = profile.row_bytes() / steps.seconds;
    spdlog::info("profile   the steps' rows at {:.2f} GB/s, {:.0f} % of the peak;{}", rate / kGiga,
                 percent(rate, peak.bandwidth), product_rate(steps, peak));
  }
  spdlog::info(
      "profile   peaks, measured now on {} thread(s): {:.1f} GFLOP/s in a large product, "
      "{:.1f} GB/s reading memory",
      threads, kOperations * peak.multiplications / kGiga, peak.bandwidth / kGiga);
}

nlohmann::ordered_json as_json(const Profile& profile, double seconds, const Peak& peak) {
  nlohmann::ordered_json phases = nlohmann::ordered_json::object();
  for (const PhaseName& name : kNames) {
    const Profile::Spent& spent = profile.of(name.phase);
    phases[std::string(name.key)] = {{"seconds", spent.seconds},
                                     {"multiply_adds", spent.multiplications}};
  }
  return {{"seconds", seconds},
          {"phases", std::move(phases)},
          {"row_bytes", profile.row_bytes()},
          {"peak_multiply_adds_per_second", peak.multiplications},
          {"peak_bytes_per_second", peak.bandwidth}};
}

}  // namespace

void Profiling::report(int threads, nlohmann::ordered_json& facts) const {
  if (!wanted_) return;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
  const Peak peak = measure_peak({threads});
  print(profile_, seconds.count(), peak, threads);
  facts["profile"] = as_json(profile_, seconds.count(), peak);
}

}  // namespace lora::cli
