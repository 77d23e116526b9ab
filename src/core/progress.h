#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/clock.h"

namespace assay {

/// Shows how far a long wait has come, with an estimate of what is left: a bar that redraws itself on a terminal, a
/// plain line now and then (10 s apart) otherwise. Draws on stderr; one thread at a time.
class Progress {
 public:
  /// Starts. Units: `total` counts whatever is being waited for; 0 when unknown.
  Progress(std::string title, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Reports that `done` of `total` are done; `note` makes a short text behind the bar ("loss 0.512") and is called
  /// only when that is drawn.
  void update(std::int64_t done, const std::function<std::string()>& note = {});

  /// Clears the bar. Called by the destructor.
  void finish();

 private:
  void draw(const std::string& note);

  std::string title_;
  std::int64_t total_;
  std::int64_t done_ = 0;
  bool terminal_;
  bool drawn_ = false;
  double last_draw_ = 0.0;
  Stopwatch watch_;
};

/// Renders "[#####.....]" with `width` cells, `fraction` of which are full.
std::string render_bar(double fraction, int width);

}  // namespace assay
