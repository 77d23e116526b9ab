#include "core/terminal.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace assay {
namespace {

std::atomic<int> log_descriptor = -1;

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

void write_status(std::string_view text) {
  write_all(STDERR_FILENO, text);
  if (const int descriptor = log_descriptor; descriptor >= 0) write_all(descriptor, text);
}

void write_transient(std::string_view text) { write_all(STDERR_FILENO, text); }

StatusLog::StatusLog(const std::filesystem::path& file) {
  log_descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

StatusLog::~StatusLog() {
  if (const int descriptor = log_descriptor.exchange(-1); descriptor >= 0) ::close(descriptor);
}

void open_standard_descriptors() {
  // open() returns the lowest free number.
  for (int descriptor = 0; descriptor <= STDERR_FILENO; ++descriptor) {
    if (::fcntl(descriptor, F_GETFD) == -1 && errno == EBADF) ::open("/dev/null", O_RDWR);
  }
}

}  // namespace assay
