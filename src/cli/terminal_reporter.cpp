#include "terminal_reporter.h"

#include <spdlog/fmt/fmt.h>

namespace lora::cli {

std::string as_text(const Figures& figures) {
  std::string text;
  for (const NamedValue& figure : figures) {
    text += fmt::format("{}{}: {:.4f}", text.empty() ? "" : ", ", figure.label, figure.value);
  }
  return text;
}

void TerminalReporter::on_epoch(const EpochRecord& record) {
  std::string line =
      fmt::format("Epoch {}/{}, Loss: {:.4f}", record.epoch, record.epochs, record.loss);
  Figures shown;
  for (const NamedValue& figure : record.validation) {
    if (figure.headline) shown.push_back(figure);
  }
  if (!shown.empty()) line += ", " + as_text(shown);
  out_->line(line);
}

}  // namespace lora::cli
