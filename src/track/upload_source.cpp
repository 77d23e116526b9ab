#include "track/upload_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace assay::track {

namespace {

namespace fs = std::filesystem;

/// Says where an open file lies, as far as links and renaming go.
fs::path place_of(int descriptor) {
  std::error_code error;
  return fs::read_symlink(fs::path("/proc/self/fd") / std::to_string(descriptor), error);
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const auto relative = path.lexically_relative(fs::canonical(folder, error));
  return !error && !relative.empty() && *relative.begin() != "..";
}

/// Opens a file for reading without waiting, which a pipe would have one do. Says in `error` why that fails.
std::FILE* open_file(const LocalFile& file, std::string& error, std::int64_t& size) {
  const int descriptor = ::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  struct stat state {};
  if (descriptor < 0 || ::fstat(descriptor, &state) != 0) {
    error = std::strerror(errno);
  } else if (!S_ISREG(state.st_mode)) {
    error = "it is no regular file";
  } else if (!file.root.empty() && !is_inside(place_of(descriptor), file.root)) {
    error = "it lies outside of the run's folder";
  }
  size = state.st_size;
  std::FILE* const opened = error.empty() ? ::fdopen(descriptor, "rb") : nullptr;
  if (opened == nullptr && descriptor >= 0) ::close(descriptor);
  return opened;
}

}  // namespace

UploadSource::UploadSource(const LocalFile& file, const std::optional<FilePart>& part,
                           std::atomic<std::int64_t>* num_sent)
    : part_(part.value_or(FilePart{})), num_sent_(num_sent) {
  std::int64_t size = 0;
  file_.reset(open_file(file, error_, size));
  if (!part) part_.size = size;
  if (file_ != nullptr && !seek(0)) error_ = std::strerror(errno);
}

std::size_t UploadSource::read(char* buffer, std::size_t size) {
  const auto wanted = std::min(size, static_cast<std::size_t>(part_.size - place_));
  const auto count = std::fread(buffer, 1, wanted, file_.get());
  if (std::ferror(file_.get()) != 0) error_ = std::strerror(errno);
  place_ += static_cast<std::int64_t>(count);
  if (num_sent_ != nullptr) *num_sent_ += static_cast<std::int64_t>(count);
  return count;
}

bool UploadSource::seek(std::int64_t offset) {
  if (offset < 0 || offset > part_.size || fseeko(file_.get(), part_.offset + offset, SEEK_SET) != 0) return false;
  if (num_sent_ != nullptr) *num_sent_ += offset - place_;
  place_ = offset;
  return true;
}

std::string UploadSource::read_all() {
  std::string text;
  while (error_.empty() && place_ < part_.size) {
    char buffer[1 << 16];
    const auto count = read(buffer, sizeof buffer);
    if (count == 0) break;  // it has become shorter
    text.append(buffer, count);
  }
  return text;
}

void UploadSource::take_back() {
  if (num_sent_ != nullptr) *num_sent_ -= place_;
}

}  // namespace assay::track
