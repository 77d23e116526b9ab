#pragma once

#include <sys/file.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

namespace assay {

/// Errors that the next calls of flock() in this program give, in turn, instead of asking the system.
inline std::vector<int> flock_errors;

}  // namespace assay

/// Takes the place of the C library's in a program that includes this file.
extern "C" [[gnu::used]] inline int flock(int file, int operation) noexcept {
  if (assay::flock_errors.empty()) return static_cast<int>(::syscall(SYS_flock, file, operation));
  errno = assay::flock_errors.front();
  assay::flock_errors.erase(assay::flock_errors.begin());
  return -1;
}
