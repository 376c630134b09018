// Writing the directory in which PEFT keeps an adapter.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "lora/artifact/peft_config.h"
#include "lora/artifact/run_record.h"
#include "lora/io/directory_lock.h"
#include "lora/io/safetensors.h"
#include "lora/model/model.h"

namespace lora {

/// The paths that an adapter's directory has.
std::vector<std::string> peft_adapter_files(const std::string& directory);

/// Makes `directory` if it is not there, and finds out whether files can be made in it: before a
/// long run, not after it. Throws Error(output).
void prepare_peft_directory(const std::string& directory);

/// The same for as long as this lives, during which no other process may do so; what killed ones
/// left half written is removed. A directory that it had to make and that stays empty is removed at
/// the end. Throws Error(output) if another process is writing there.
class PeftDirectoryLock {
 public:
  explicit PeftDirectoryLock(std::string directory);
  PeftDirectoryLock(const PeftDirectoryLock&) = delete;
  PeftDirectoryLock& operator=(const PeftDirectoryLock&) = delete;
  PeftDirectoryLock(PeftDirectoryLock&&) = delete;
  PeftDirectoryLock& operator=(PeftDirectoryLock&&) = delete;
  ~PeftDirectoryLock();

 private:
  std::string directory_;
  bool made_;
  DirectoryLock lock_;
};

/// The tensors of an adapter under PEFT's names, as float32. What adds one throws Error(training)
/// if a number in it is not finite in float32.
class PeftTensors {
 public:
  /// Of the layer at `path`: A (rank, in), B (out, rank), a trained bias (1, out), which has
  /// another name if the layer has no factors.
  void add_factors(const std::string& path, const Matrix& A, const Matrix& B);
  void add_bias(const std::string& path, const Matrix& bias, bool is_adapted = true);

  /// A parameter of an adapter, by its name in the model: "head.lora_A.weight".
  void add_parameter(const std::string& name, const Matrix& value);

  /// The content of adapter_model.safetensors.
  std::vector<std::byte> file() const;

 private:
  using FloatMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  void add(std::string name, const Matrix& value, bool is_list);

  std::vector<std::unique_ptr<FloatMatrix>> values_;
  std::vector<SafetensorsTensor> tensors_;
};

/// Writes tensors and configuration into `directory`, and takes away what another adapter had
/// there beside these. Both are complete and checked before the first replaces what was there; an
/// adapter that is half replaced has no configuration, and is none. Throws Error(output).
void write_peft_adapter(const std::string& directory, const PeftTensors& tensors,
                        const PeftConfig& config);

/// The same for a trained model: its adapters, and the biases of adapted or of all layers if
/// config.bias says so. The rank and alpha of `config`, or its patterns, must be those of the
/// adapters; its targets are found in the model. Throws also Error(training) as PeftTensors does.
void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config);

/// The same with lora_train.json, which holds `record`, and a README.md.
void save_peft_adapter(const std::string& directory, Model& model, PeftConfig config,
                       const RunRecord& record);

}  // namespace lora
