// Trainings that stand in tests/golden, step by step.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "support/catch.h"
#include "support/golden.h"
#include "support/training.h"

namespace lora::test {

/// The rows of a record.
inline Dataset data_of(const nlohmann::json& record) {
  Dataset data;
  data.features = matrix_of(record["x"], record["n"], record["in"]);
  if (record.contains("targets")) {
    data.targets = matrix_of(record["targets"], record["n"], record["out"]);
  } else if (record.contains("labels")) {
    data.labels = labels_of(record["labels"]);
    data.classes = record["out"];
  }
  return data;
}

/// What a record says of its loss; the rest is as the loss has it.
inline LossOptions loss_options(const nlohmann::json& record) {
  LossOptions options;
  options.class_weights = record.value("class_weights", options.class_weights);
  options.label_smoothing = record.value("label_smoothing", options.label_smoothing);
  options.huber_delta = record.value("huber_delta", options.huber_delta);
  options.temperature = record.value("temperature", options.temperature);
  return options;
}

/// What a record says of its training, but for the optimiser.
inline TrainingOptions training_options(const nlohmann::json& record) {
  TrainingOptions options;
  options.loss = record["loss"];
  options.loss_options = loss_options(record);
  options.adapter = {record["rank"], record["alpha"], "kaiming"};
  options.train_bias = record["bias"] == "all";
  options.batch_size = record["batch_size"];
  options.shuffle = record["shuffle"];
  options.config.epochs = record["epochs"];
  options.config.lr = record["lr"];
  return options;
}

/// The training of a record, before its first step.
inline Training training_of(const nlohmann::json& record, TrainingOptions options) {
  const Index in = record["in"];
  const Index out = record["out"];
  Linear base(FrozenMatrix(matrix_of(record["W"], out, in)),
              matrix_of(record["b_initial"], 1, out));
  return {data_of(record), std::move(base), Rng(unsigned_of(record["seed"])), std::move(options)};
}

/// Checks every loss against a list of a record.
inline void check_losses(const std::vector<double>& losses, const nlohmann::json& list) {
  const auto expected = list.get<std::vector<double>>();
  REQUIRE(losses.size() == expected.size());
  for (std::size_t i = 0; i < losses.size(); ++i) {
    INFO("number " << i + 1 << ": " << losses[i] << ", not " << expected[i]);
    CHECK(loss_error(losses[i], expected[i], expected[0]) <= 1);
  }
}

/// Checks trained numbers against a list of a record.
inline void check_close(const Matrix& value, const nlohmann::json& list) {
  const Matrix expected = matrix_of(list, value.rows(), value.cols());
  CHECK((value - expected).cwiseAbs().maxCoeff() <= 2e-6);
}

}  // namespace lora::test
