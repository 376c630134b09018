#include "adapter_readme.h"

#include <sstream>

#include "lora/core/table.h"

namespace lora {

namespace {

void write_figures(std::ostream& out, const RunRecord& record) {
  out << "| figure | value |\n|---|---|\n| loss | " << record.loss << " |\n";
  for (const NamedValue& figure : record.validation) {
    out << "| " << figure.name << " | " << figure.value << " |\n";
  }
}

}  // namespace

std::string adapter_readme(const PeftConfig& config, const RunRecord& record) {
  std::ostringstream out;
  out << "---\nlibrary_name: peft\ntags:\n- lora\n---\n\n"
      << "# A low-rank adapter for "
      << (record.base_identity        ? "embeddings as they are"
          : config.base_model.empty() ? "a layer drawn at random"
                                      : "`" + config.base_model + "`")
      << "\n\nLayers: " << joined(config.targets) << ". "
      << (config.dora ? "DoRA of rank " : "Rank ") << config.rank << ", alpha " << config.alpha
      << (config.rslora ? " (rsLoRA)" : "") << ", biases: " << config.bias
      << ". Task: " << name_of(record.task) << ".\n\nAfter epoch " << record.kept_epoch << " of "
      << record.epochs;
  if (record.fold) out << ", of fold " << *record.fold;
  out << ":\n\n";
  write_figures(out, record);
  if (record.scaling) {
    out << "\nFeatures were standardised before they reached the layer; the means and deviations "
           "are in `lora_train.json`.\n";
  }
  out << "\nPEFT loads this directory with `PeftModel.from_pretrained(model, DIRECTORY)`, where\n"
         "the model has layers of these names; `lora-train` with `--adapter DIRECTORY`. What the\n"
         "run was is in `lora_train.json`.\n";
  return out.str();
}

}  // namespace lora
