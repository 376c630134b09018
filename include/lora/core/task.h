// What the targets of a data set are.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace lora {

enum class Task {
  regression,      ///< numbers, one for each output
  classification,  ///< a class
  multilabel,      ///< for each output whether the row has its label: 1 or 0, or how likely it is
  retrieval,       ///< none: rows come in pairs of a query and a document
};

struct NamedTask {
  Task task;
  std::string_view name;
};

inline constexpr std::array kTasks = {
    NamedTask{Task::regression, "regression"},
    NamedTask{Task::classification, "classification"},
    NamedTask{Task::multilabel, "multilabel"},
    NamedTask{Task::retrieval, "retrieval"},
};

inline std::string name_of(Task task) {
  return std::string(std::ranges::find(kTasks, task, &NamedTask::task)->name);
}

/// The task of one of these names; any other is a fault of the caller.
inline Task task_named(const std::string& name) {
  return std::ranges::find(kTasks, name, &NamedTask::name)->task;
}

}  // namespace lora
