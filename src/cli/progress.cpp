#include "progress.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <unistd.h>

#include <spdlog/fmt/fmt.h>

#include "live_line.h"

namespace lora::cli {

namespace {

constexpr std::chrono::milliseconds kBetweenDraws(100);

struct Piece {
  int importance;  // the least is left out first
  std::string text;
};

/// "[======>      ]".
std::string bar(double share) {
  constexpr std::size_t kLength = 20;
  const auto done = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * kLength);
  std::string text(kLength, ' ');
  std::fill_n(text.begin(), done, '=');
  if (done > 0 && done < kLength) text[done] = '>';
  return "[" + text + "]";
}

/// "4 s", "3:05", "2:10:00".
std::string duration(double seconds) {
  constexpr long kMinute = 60;
  constexpr long kHour = 3600;
  const long whole = std::lround(seconds);
  if (whole < kMinute) return fmt::format("{} s", whole);
  const std::string end = fmt::format("{:02}", whole % kMinute);
  if (whole < kHour) return fmt::format("{}:{}", whole / kMinute, end);
  return fmt::format("{}:{:02}:{}", whole / kHour, whole % kHour / kMinute, end);
}

std::string speed(double steps_per_second) {
  if (steps_per_second >= 1) return fmt::format("{:.0f} steps/s", steps_per_second);
  return fmt::format("{:.1f} s/step", 1 / steps_per_second);
}

/// In the order in which they stand on the line.
std::vector<Piece> pieces_of(const ProgressState& state) {
  constexpr double kMega = 1e6;
  const double share =
      state.steps > 0 ? static_cast<double>(state.step) / static_cast<double>(state.steps) : 0;
  std::vector<Piece> pieces = {{9, fmt::format("epoch {}/{}", state.epoch, state.epochs)},
                               {5, bar(share)},
                               {3, fmt::format("step {}/{}", state.step, state.steps)},
                               {8, fmt::format("loss {:.4f}", state.loss)}};
  if (state.metric) {
    pieces.push_back({6, fmt::format("{} {:.4f}", state.metric->name, state.metric->value)});
  }
  pieces.push_back({2, fmt::format("lr {:.3g}", state.lr)});
  if (state.steps_per_second > 0) {
    const auto left = static_cast<double>(state.steps - state.step);
    pieces.push_back({4, speed(state.steps_per_second)});
    pieces.push_back({7, duration(left / state.steps_per_second) + " left"});
  }
  if (state.memory > 0) pieces.push_back({1, fmt::format("{:.0f} MB", state.memory / kMega)});
  return pieces;
}

std::string joined_pieces(const std::vector<Piece>& pieces) {
  std::string text;
  for (const Piece& piece : pieces) text += (text.empty() ? "" : "  ") + piece.text;
  return text;
}

/// Resident pages, as Linux tells them.
double memory_of_process() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return file ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

std::string progress_text(const ProgressState& state, std::size_t width) {
  std::vector<Piece> pieces = pieces_of(state);
  std::string text = joined_pieces(pieces);
  while (text.size() >= width && pieces.size() > 1) {
    pieces.erase(std::ranges::min_element(pieces, {}, &Piece::importance));
    text = joined_pieces(pieces);
  }
  return text.substr(0, width > 0 ? width - 1 : 0);
}

Progress::Progress(Index steps, Index epochs) : start_(Clock::now()) {
  state_.steps = steps;
  state_.epochs = epochs;
}

Progress::~Progress() {
  erase_live_line();
}

void Progress::on_first_validation(const Figures& validation) {
  take_metric(validation);
}

void Progress::on_step(const StepRecord& record) {
  const Clock::time_point now = Clock::now();
  if (!first_step_) first_step_ = record.step - 1;
  if (now - drawn_ < kBetweenDraws) return;
  drawn_ = now;
  state_.epoch = record.epoch;
  state_.step = record.step;
  state_.loss = record.loss;
  state_.lr = record.lr;
  const std::chrono::duration<double> seconds = now - start_;
  state_.steps_per_second = static_cast<double>(record.step - *first_step_) / seconds.count();
  state_.memory = memory_of_process();
  draw_live_line(progress_text(state_, terminal_width()));
}

void Progress::on_epoch(const EpochRecord& record) {
  take_metric(record.validation);
}

/// The first that is no loss, if there is one.
void Progress::take_metric(const Figures& validation) {
  for (const NamedValue& figure : validation) {
    if (!figure.headline) continue;
    state_.metric = figure;
    if (figure.name != "val_loss") return;
  }
}

}  // namespace lora::cli
