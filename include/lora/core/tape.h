// What a forward pass leaves for the backward pass, and the working memory of a step.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <optional>
#include <vector>

#include "lora/core/batch.h"
#include "lora/core/buffers.h"
#include "lora/core/compute.h"
#include "lora/core/gradients.h"
#include "lora/core/matrix.h"

namespace lora {

class Rng;

/// Whether forward leaves frames for a backward pass.
enum class Mode { train, infer };

/// Frames are taken back in the reverse order of their saving, each by the object that saved it.
/// Buffers come from memory that reset() keeps: once it has seen its largest step, a step allocates
/// nothing.
class Tape {
 public:
  /// `rng` is who draws in train mode (dropout); null if nobody will.
  explicit Tape(Compute& compute, Rng* rng = nullptr) : compute_(&compute), rng_(rng) {}

  /// Starts a new pass: forgets all frames and takes back all buffers. Views of them end here.
  void reset(Mode mode);

  /// While one is there, the pass leaves no frames, as in infer mode: for layers that no backward
  /// pass reaches.
  class Untrained {
   public:
    explicit Untrained(Tape& tape) : tape_(&tape), mode_(tape.mode_) { tape.mode_ = Mode::infer; }
    ~Untrained() { tape_->mode_ = mode_; }
    Untrained(const Untrained&) = delete;
    Untrained& operator=(const Untrained&) = delete;
    Untrained(Untrained&&) = delete;
    Untrained& operator=(Untrained&&) = delete;

   private:
    Tape* tape_;
    Mode mode_;
  };

  Mode mode() const { return mode_; }
  Compute& compute() const { return *compute_; }

  /// Throws std::logic_error if the tape was made without.
  Rng& rng() const;

  /// Of the rows of the pass that begins, those of other processes left out; reset() forgets it.
  void set_places(const std::optional<RowPlaces>& places) { places_ = places; }
  const std::optional<RowPlaces>& places() const { return places_; }

  /// From here on gradients are added to `elsewhere` in place of the parameters' own.
  void collect_in(Gradients& elsewhere) { gradients_ = &elsewhere; }

  /// Where backward adds the gradient of a trained parameter.
  MutableViewMap gradient_of(Parameter& parameter) const;

  /// A buffer of (rows, cols) with undefined content, valid until reset().
  MutableViewMap buffer(Index rows, Index cols) { return buffers_.take(rows, cols); }

  /// In train mode: keeps windows on `saved` for `owner`'s backward pass; what they look at must
  /// live until then. In infer mode: does nothing.
  void save(const void* owner, std::initializer_list<View> saved);

  /// The windows that `owner` saved last, in their order. Throws std::logic_error if the last frame
  /// is not its own: forward and backward then do not mirror each other. Valid until the next
  /// save().
  const std::vector<ViewMap>& take(const void* owner);

  /// Frames that no backward pass has taken yet.
  std::size_t frames() const { return depth_; }

 private:
  struct Frame {
    const void* owner = nullptr;
    std::vector<ViewMap> saved;
  };

  Compute* compute_;
  Rng* rng_;
  Gradients* gradients_ = nullptr;
  std::optional<RowPlaces> places_;
  Mode mode_ = Mode::infer;
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;
  Buffers<Real> buffers_;
};

}  // namespace lora
