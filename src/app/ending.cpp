#include "app/ending.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>

#include "config/excerpt.h"
#include "core/terminal.h"

namespace assay::app {
namespace {

constexpr int kTrackingIncomplete = 4;
constexpr const char* kHint =
    "free memory, use smaller images, fewer of them or a smaller model, or raise device.memory_budget or "
    "device.host_memory_fraction";

}  // namespace

Ending ending_of_exception() {
  using track::RunStatus;
  try {
    throw;
  } catch (const Stopped& stopped) {
    return {RunStatus::kKilled, 128 + stopped.signal, fmt::format("stopped by signal {}", stopped.signal)};
  } catch (const Error& error) {
    return {RunStatus::kFailed, static_cast<int>(error.kind()), error.what()};
  } catch (const c10::OutOfMemoryError& error) {
    return {RunStatus::kFailed, static_cast<int>(ErrorKind::kConfig),
            fmt::format("{}\n  hint: {}", error.msg(), kHint)};
  } catch (const std::bad_alloc&) {
    return {RunStatus::kFailed, static_cast<int>(ErrorKind::kConfig),
            fmt::format("out of memory: the system refuses to give more\n  hint: {}", kHint)};
  } catch (const c10::Error& error) {
    return {RunStatus::kFailed, 1, fmt::format("LibTorch: {}", error.msg())};
  } catch (const std::exception& error) {
    return {RunStatus::kFailed, 1, error.what()};
  }
}

int exit_code_of(const Ending& run, const Ending& record, bool is_tracked) {
  if (run.exit_code != 0) return run.exit_code;
  if (record.exit_code != 0) return record.exit_code;
  return is_tracked ? 0 : kTrackingIncomplete;
}

void tell(const std::string& error) { print_status("error: {}\n", config::with_excerpts(error)); }

}  // namespace assay::app
