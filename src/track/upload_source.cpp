#include "track/upload_source.h"

#include <sys/types.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace assay::track {

UploadSource::UploadSource(const std::filesystem::path& file, const std::optional<FilePart>& part,
                           std::atomic<std::int64_t>* num_sent)
    : part_(part.value_or(FilePart{})), num_sent_(num_sent) {
  std::error_code error;
  if (!part) part_.size = static_cast<std::int64_t>(std::filesystem::file_size(file, error));
  if (!error) file_.reset(std::fopen(file.c_str(), "rb"));
  if (file_ == nullptr) {
    error_ = error ? error.message() : std::strerror(errno);
    return;
  }
  if (!seek(0)) error_ = std::strerror(errno);
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

void UploadSource::take_back() {
  if (num_sent_ != nullptr) *num_sent_ -= place_;
}

}  // namespace assay::track
