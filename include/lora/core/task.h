// What the targets of a data set are.
#pragma once

#include <string>

namespace lora {

enum class Task { regression, classification };

/// "regression" or "classification".
inline std::string name_of(Task task) {
  return task == Task::classification ? "classification" : "regression";
}

/// The task of one of these names.
inline Task task_named(const std::string& name) {
  return name == name_of(Task::classification) ? Task::classification : Task::regression;
}

}  // namespace lora
