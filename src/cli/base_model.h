// The base of a run: frozen layers from a file, or one drawn at random.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "lora/artifact/peft_adapter.h"
#include "lora/artifact/run_record.h"
#include "lora/core/rng.h"
#include "lora/io/mapped_file.h"
#include "lora/model/model.h"
#include "options.h"

namespace lora::cli {

struct BaseModel {
  std::unique_ptr<Model> model;
  std::string name;   ///< "base.safetensors:head.weight"; empty if there is no file
  std::string file;   ///< likewise
  std::string dtype;  ///< of the weights; several are joined
  std::shared_ptr<const MappedFile> mapping;  ///< of the file, if it is looked at where it lies
  std::optional<std::int64_t> seed;           ///< if it was drawn: of the generator's first draws
  bool is_identity = false;
};

/// FILE[:TENSOR], or FILE[:PREFIX] for a stack of layers with `activation` (a name, or one for each
/// gap between them, separated by commas; empty for what the file says) in the gaps. Throws
/// Error(input) for what is no weight and for numbers that are not finite, Error(usage) if the
/// activations do not fit.
BaseModel read_base(const std::string& file_and_tensor, bool fan_in_fan_out,
                    const std::string& activation);

/// As torch.nn.Linear(in, out) draws it; `rng` was seeded with `seed`.
BaseModel draw_base(Index in, Index out, std::int64_t seed, Rng& rng);

/// The weight that leaves features as they are, without a bias: what embeddings start from.
BaseModel identity_base(Index features);

/// The base without an adapter, for one more run: it looks at the weights of `base`, which must
/// outlive it.
BaseModel same_base(const BaseModel& base);

/// What messages call it.
std::string label_of(const BaseModel& base);

/// Reads an adapter, and says which keys of its configuration are not known.
PeftAdapter open_adapter(const std::string& directory);

/// An adapter's directory, with the record that --save wrote there.
struct SavedAdapter {
  explicit SavedAdapter(const std::string& directory);

  PeftAdapter adapter;
  std::optional<RunRecord> record;  ///< nothing beside an adapter of another program
};

/// The FILE[:TENSOR] of an adapter's base: --base, else what its record or its configuration says
/// if that is a file; empty if nothing does.
std::string base_file_of(const SavedAdapter& saved, const Options& options);

/// The base that an adapter belongs to: --base, else what its record says, drawn again if need be.
/// Throws Error(usage) if nothing says so.
BaseModel base_of(const SavedAdapter& saved, const Options& options);

}  // namespace lora::cli
