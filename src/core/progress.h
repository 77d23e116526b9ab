#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/clock.h"

namespace assay {

/// Shows the progress of a long wait and estimates the time left: a bar that redraws itself on a terminal, otherwise a
/// plain line every 10 s. Draws on stderr; one thread at a time.
class Progress {
 public:
  /// Starts. Units: `total` counts the items to wait for; 0 if unknown.
  Progress(std::string title, std::int64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Reports that `done` of `total` are done; `note` returns a short text after the bar ("loss 0.512") and is called
  /// only when it is drawn.
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
