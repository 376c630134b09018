#include "lora/train/trainer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <sstream>
#include <utility>

#include "lora/core/error.h"
#include "lora/core/profile.h"

namespace lora {

Trainer::Trainer(const TrainConfig& config, TrainParts parts)
    : config_(config),
      parts_(std::move(parts)),
      tape_(parts_.compute, &parts_.rng),
      evaluator_(parts_.objective, parts_.metrics, parts_.compute, parts_.group),
      best_(config.keep_best) {}

TrainResult Trainer::run() {
  if (parts_.validation && !goes_on_) {
    const Figures figures = validate();
    for (Observer* observer : parts_.observers) observer->on_first_validation(figures);
  }
  while (result_.epochs < epochs_to_run() && !result_.stopped_early) {
    const auto start = std::chrono::steady_clock::now();
    if (!epoch_generator_) start_epoch();
    run_epoch();
    if (result_.interrupted) {
      if (parts_.keeper != nullptr) keep();
      return result_;
    }
    finish_epoch(start);
  }
  restore_best_epoch();
  return result_;
}

void Trainer::finish_epoch(std::chrono::steady_clock::time_point start) {
  epoch_generator_.reset();
  result_.kept_epoch = ++result_.epochs;
  result_.loss = epoch_loss_.reported();
  result_.validation = is_validated(result_.epochs) ? validate() : Figures();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  const EpochRecord record{result_.epochs,  epochs_to_run(),    result_.steps,  result_.loss,
                           learning_rate(), result_.validation, seconds.count()};
  for (Observer* observer : parts_.observers) observer->on_epoch(record);
  if (!config_.keep_best.empty()) best_.offer(record, parts_.trainable);
  result_.stopped_early = result_.epochs < epochs_to_run() && has_waited_enough();
  show_to_schedule(record);
  keep_if_due(/*epoch_ended=*/true);
}

/// In the last step of an epoch only once the epoch is over.
void Trainer::keep_if_due(bool epoch_ended) {
  if (parts_.keeper == nullptr || (!epoch_ended && parts_.train.loader.at_end())) return;
  const bool due = config_.keep_every == 0 ? epoch_ended : result_.steps % config_.keep_every == 0;
  if (due) keep();
}

void Trainer::keep() {
  const Timed timed(parts_.compute, Phase::saving);
  parts_.keeper->keep(*this);
}

/// Of the step that was counted last.
double Trainer::learning_rate() const {
  return parts_.schedule != nullptr ? parts_.schedule->rate(result_.steps - 1) : config_.lr;
}

/// The first figure of a validation is its loss. With validation data an epoch without one says
/// nothing: two different losses are not compared.
void Trainer::show_to_schedule(const EpochRecord& record) {
  if (parts_.schedule == nullptr) return;
  if (!parts_.validation) {
    parts_.schedule->observe(record.loss);
  } else if (!record.validation.empty()) {
    parts_.schedule->observe(record.validation.front().value);
  }
}

bool Trainer::is_validated(Index epoch) const {
  return parts_.validation && (epoch % config_.eval_every == 0 || epoch == epochs_to_run());
}

bool Trainer::has_waited_enough() const {
  return config_.early_stop != 0 && best_.record() &&
         result_.epochs - best_.record()->epoch >= config_.early_stop;
}

void Trainer::restore_best_epoch() {
  if (!best_.record()) return;
  best_.restore(parts_.trainable);
  result_.kept_epoch = best_.record()->epoch;
  result_.loss = best_.record()->loss;
  result_.validation = best_.record()->validation;
}

Index Trainer::epochs_to_run() const {
  if (config_.max_steps == 0) return config_.epochs;
  return (config_.max_steps - 1) / steps_per_epoch() + 1;
}

/// The last step of an epoch may have fewer batches.
Index Trainer::steps_per_epoch() const {
  return (parts_.train.loader.batches() - 1) / config_.accumulate + 1;
}

bool Trainer::out_of_steps() const {
  return config_.max_steps != 0 && result_.steps >= config_.max_steps;
}

bool Trainer::is_last_step() const {
  return out_of_steps() || (result_.epochs + 1 == epochs_to_run() && parts_.train.loader.at_end());
}

void Trainer::start_epoch() {
  epoch_generator_ = parts_.rng;
  epoch_loss_ = {};
  parts_.train.loader.start_epoch(parts_.rng);
}

/// Steps to the end of the epoch; their losses, each before its step, are summed up.
void Trainer::run_epoch() {
  while (!out_of_steps()) {
    const std::optional<LossSum> loss = step();
    if (!loss) break;
    epoch_loss_ += *loss;
    const StepRecord record{result_.steps, result_.epochs + 1, loss->reported(), learning_rate()};
    for (Observer* observer : parts_.observers) observer->on_step(record);
    if (is_stopped() && !is_last_step()) {
      result_.interrupted = true;
      break;
    }
    keep_if_due(/*epoch_ended=*/false);
  }
}

/// Several processes stop after the same step: what one of them wants, they hear with the loss of
/// the next one.
bool Trainer::is_stopped() {
  wants_stop_ = wants_stop_ || (parts_.stop && parts_.stop());
  return parts_.group.size() == 1 ? wants_stop_ : somebody_stops_;
}

void Trainer::visit_state(StateVisitor& visitor) {
  goes_on_ = true;
  for (const NamedParameter& named : parts_.trainable) {
    visitor.matrix(named.name, named.parameter->value);
  }
  parts_.optimizer.visit_state(visitor);
  if (parts_.schedule != nullptr) parts_.schedule->visit_state(visitor);
  visit_counters(visitor);
  visit_place_in_data(visitor);
  best_.visit_state(visitor, parts_.trainable);
}

void Trainer::visit_counters(StateVisitor& visitor) {
  visitor.whole("epochs", result_.epochs);
  visitor.whole("steps", result_.steps);
  visitor.number("highest_lr", result_.highest_lr);
  visitor.number("loss", result_.loss);
  result_.kept_epoch = result_.epochs;
  std::string validation = text_of(result_.validation);
  visitor.text("validation", validation);
  result_.validation = figures_of(validation);
  std::int64_t stopped = result_.stopped_early ? 1 : 0;
  visitor.whole("stopped_early", stopped);
  result_.stopped_early = stopped != 0;
  visitor.number("epoch_loss.sum", epoch_loss_.sum);
  visitor.number("epoch_loss.weight", epoch_loss_.weight);
}

/// The order of an epoch is not written down but drawn again.
void Trainer::visit_place_in_data(StateVisitor& visitor) {
  const std::string epoch_so_far = epoch_generator_ ? epoch_generator_->state() : "";
  std::string epoch_generator = epoch_so_far;
  std::string generator = parts_.rng.state();
  std::int64_t position = parts_.train.loader.position();
  visitor.text("epoch_generator", epoch_generator);
  visitor.whole("position", position);
  visitor.text("generator", generator);
  if (!epoch_generator.empty() && epoch_generator != epoch_so_far) {
    parts_.rng.set_state(epoch_generator);
    epoch_generator_ = parts_.rng;
    parts_.train.loader.start_epoch(parts_.rng);
    if (position < 0 || position > parts_.train.loader.rows()) {
      throw Error(ErrorKind::input, "the checkpoint's position, ", position, ", is not among the ",
                  parts_.train.loader.rows(), " rows or pairs of an epoch");
    }
    parts_.train.loader.move_to(position);
  }
  parts_.rng.set_state(generator);
}

std::optional<LossSum> Trainer::step() {
  for (const NamedParameter& named : parts_.trainable) named.parameter->grad.setZero();
  LossSum loss;
  Index batches = 0;
  for (; batches < config_.accumulate; ++batches) {
    std::optional<Batch> batch = next_batch();
    if (!batch) break;
    if (batches == 0) ++result_.steps;
    loss += add_gradients(*batch);
  }
  if (batches == 0) return std::nullopt;

  const Timed timed(parts_.compute, Phase::optimizer);
  sum_gradients();
  check_gradients();
  if (result_.steps == 1) check_first_gradients(loss);
  result_.highest_lr = std::max(result_.highest_lr, learning_rate());
  // Rows of weight 0 alone teach nothing: their gradient is 0, whatever it is multiplied by.
  parts_.optimizer.step(learning_rate(), loss.weight > 0 ? clipped(1 / loss.weight) : 0);
  check_values();
  return loss;
}

/// Over the processes.
void Trainer::sum_gradients() {
  if (parts_.group.size() == 1 || parts_.objective.is_of_all_processes()) return;
  std::vector<std::span<Real>> gradients;
  for (const NamedParameter& named : parts_.trainable) {
    Matrix& grad = named.parameter->grad;
    gradients.emplace_back(grad.data(), static_cast<std::size_t>(grad.size()));
  }
  parts_.group.sum(gradients);
}

std::optional<Batch> Trainer::next_batch() {
  const Timed timed(parts_.compute, Phase::gathering);
  std::optional<Batch> batch = parts_.train.loader.next(parts_.compute);
  if (!batch) return std::nullopt;
  parts_.train.cache.fill(*batch);
  return batch;
}

/// Returns the loss of the batch in all processes.
LossSum Trainer::add_gradients(const Batch& batch) {
  tape_.reset(Mode::train);
  LossSum own = parts_.objective.evaluate(batch, tape_, {});
  if (parts_.objective.is_of_all_processes() && !parts_.group.is_first()) own = {};
  std::array<double, 3> totals = {own.sum, own.weight, wants_stop_ ? 1.0 : 0.0};
  parts_.group.sum_wide(totals);
  somebody_stops_ = totals[2] > 0;
  const LossSum loss = {totals[0], totals[1]};
  check_loss(loss, batch);
  return loss;
}

/// The factor of the gradients, lowered to what leaves them clip_norm long, in the form of
/// torch.nn.utils.clip_grad_norm_.
double Trainer::clipped(double scale) const {
  constexpr double kTiny = 1e-6;
  if (config_.clip_norm == 0) return scale;
  double sum = 0;
  for (const NamedParameter& named : parts_.trainable) {
    sum += named.parameter->grad.cast<double>().squaredNorm();
  }
  return scale * std::min(1.0, config_.clip_norm / (scale * std::sqrt(sum) + kTiny));
}

void Trainer::check_loss(const LossSum& loss, const Batch& batch) {
  const double mean = loss.weight > 0 ? loss.reported() : 0;
  if (std::isfinite(mean)) return;
  std::string where;
  if (const std::optional<Index> row = first_bad_row(batch)) {
    where = "; the first row that does this is row " + std::to_string(*row) +
            " of the data (the first is 0)";
  }
  throw Error(ErrorKind::training, "step ", result_.steps, ": the loss is ",
              std::isnan(mean) ? "not a number" : "infinite", where, "; the step was not applied",
              advice());
}

/// Its number in the data. Each process looks for the first of its own; of these it is the one that
/// comes first in the batch.
std::optional<Index> Trainer::first_bad_row(const Batch& batch) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  std::array<double, 2> own = {kNone, 0};  // place and number
  const Index row = batch.size() > 0 ? parts_.objective.first_bad_row(batch, tape_) : -1;
  if (row >= 0) {
    const auto i = static_cast<std::size_t>(row);
    own[0] = static_cast<double>(batch.places ? batch.places->places[i] : row);
    own[1] = static_cast<double>(batch.first_row + batch.rows[i]);
  }
  const std::vector<std::vector<double>> all = gather_wide(parts_.group, own);
  const std::vector<double>& first = *std::ranges::min_element(all);
  return first[0] == kNone ? std::nullopt : std::optional(static_cast<Index>(first[1]));
}

void Trainer::check_gradients() {
  for (const NamedParameter& named : parts_.trainable) {
    if (named.parameter->grad.allFinite()) continue;
    throw Error(ErrorKind::training, "step ", result_.steps, ": the gradient of ", named.name,
                " is not finite; the step was not applied", advice());
  }
}

/// Not one number other than 0: nothing would ever be learned. (With B = 0 only A's is 0.)
void Trainer::check_first_gradients(const LossSum& loss) const {
  if (!(loss.sum > 0)) return;
  for (const NamedParameter& named : parts_.trainable) {
    if (!named.parameter->grad.isZero(0)) return;
  }
  throw Error(ErrorKind::training, "step 1: no gradient reaches any of the ",
              parts_.trainable.size(),
              " trained tensors although the loss is above 0; are all features 0?");
}

void Trainer::check_values() {
  for (const NamedParameter& named : parts_.trainable) {
    if (named.parameter->value.allFinite()) continue;
    throw Error(ErrorKind::training, "step ", result_.steps, ": ", named.name,
                " is not finite after it", lower_learning_rate());
  }
}

/// The first loss comes from the data alone: no learning rate has had a part in it.
std::string Trainer::advice() const {
  return result_.steps > 1 ? lower_learning_rate()
                           : "; are the features, targets or weights very large?";
}

std::string Trainer::lower_learning_rate() const {
  std::ostringstream text;
  text << "; try a lower learning rate than " << config_.lr;
  return text.str();
}

Figures Trainer::validate() {
  const Timed timed(parts_.compute, Phase::validation);
  Loader& loader = parts_.validation->loader;
  Rng nobody(0);  // an unshuffled loader draws a number that nobody uses; not from the run's stream
  loader.start_epoch(nobody);

  evaluator_.reset();
  while (std::optional<Batch> batch = loader.next(parts_.compute)) {
    parts_.validation->cache.fill(*batch);
    evaluator_.add(*batch);
  }
  return evaluator_.figures("val_", "Val ");
}

}  // namespace lora
