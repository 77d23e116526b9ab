#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace assay {

/// Returns the time since 1970-01-01 UTC. Units: milliseconds.
std::int64_t wall_clock_ms();

/// Formats a wall-clock time as "2026-01-31T23:59:59Z".
std::string format_utc(std::int64_t time_ms);

/// Formats a duration for people: "850 ms", "12.3 s", "4 min 05 s", "2 h 03 min".
std::string format_duration(double seconds);

/// Measures elapsed time on the steady clock.
class Stopwatch {
 public:
  Stopwatch() : start_(std::chrono::steady_clock::now()) {}

  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_;
};

}  // namespace assay
