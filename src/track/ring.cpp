#include "track/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/error.h"

namespace assay::track {

namespace {

constexpr std::uint64_t kMagic = 0x31474e5259415341;  // "ASAYRNG1"
constexpr std::size_t kPage = 4096;

/// Stands in front of each record. Its position tells a record of this round from one of an earlier.
struct RecordHeader {
  std::uint64_t position;
  std::uint32_t length;  ///< kSkip: the rest up to the end of the ring is unused
  std::uint32_t checksum;
};
constexpr std::uint32_t kSkip = 0xffffffff;

std::size_t padded(std::size_t length) { return (sizeof(RecordHeader) + length + 7) / 8 * 8; }

// Source: Fowler, Noll and Vo, FNV-1a with 32 bits.
std::uint32_t checksum(std::string_view bytes) {
  std::uint32_t hash = 2166136261U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

[[noreturn]] void fail(const std::string& what, const std::string& path) {
  throw Error(ErrorKind::kData, fmt::format("{}: {}", what, std::strerror(errno)), path);
}

}  // namespace

/// Stands at the begin of the file; the data begins at the next page.
struct Ring::Header {
  std::uint64_t magic;
  std::uint64_t capacity;
  std::atomic<std::uint64_t> begin;
  std::atomic<std::uint64_t> end;
};

Ring::Ring(const std::filesystem::path& path, std::size_t capacity) : path_(path) {
  file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file_ < 0) fail("cannot open the queue of tracked values", path_.string());
  struct stat status {};
  const bool is_known = ::fstat(file_, &status) == 0;
  const bool is_new = is_known && status.st_size == 0;
  capacity_ = is_new ? (capacity + kPage - 1) / kPage * kPage : static_cast<std::size_t>(status.st_size) - kPage;
  // Space is taken now: a disk that is full later cannot take a mapped page away.
  if (is_new) errno = ::posix_fallocate(file_, 0, static_cast<off_t>(kPage + capacity_));
  const bool has_room = is_known && (is_new ? errno == 0 : status.st_size > static_cast<off_t>(kPage));
  void* const memory =
      has_room ? ::mmap(nullptr, kPage + capacity_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0) : MAP_FAILED;
  if (memory == MAP_FAILED) {
    const auto reason = errno;
    ::close(file_);
    if (is_new) ::unlink(path.c_str());
    errno = reason == 0 ? EINVAL : reason;
    fail("cannot map the queue of tracked values", path_.string());
  }
  header_ = static_cast<Header*>(memory);
  if (is_new) {
    header_->capacity = capacity_;
    header_->magic = kMagic;
  } else if (header_->magic != kMagic || header_->capacity != capacity_) {
    ::munmap(header_, kPage + capacity_);
    ::close(file_);
    throw Error(ErrorKind::kData, "not a queue of tracked values, or a damaged one", path_.string());
  }
}

Ring::~Ring() {
  ::munmap(header_, kPage + capacity_);
  ::close(file_);
}

char* Ring::at(std::uint64_t position) const { return reinterpret_cast<char*>(header_) + kPage + position % capacity_; }

std::size_t Ring::max_record() const { return capacity_ / 2 - sizeof(RecordHeader); }

bool Ring::push(std::string_view record) {
  auto position = header_->end.load(std::memory_order_relaxed);
  const auto used = position - header_->begin.load(std::memory_order_acquire);
  const auto size = padded(record.size());
  const auto to_edge = capacity_ - position % capacity_;
  const auto skipped = size > to_edge ? to_edge : 0;
  if (used + skipped + size > capacity_) return false;
  if (skipped > 0) {
    const std::uint32_t marker = kSkip;
    std::memcpy(at(position), &position, std::min(sizeof position, to_edge));
    if (to_edge >= sizeof(RecordHeader))
      std::memcpy(at(position) + offsetof(RecordHeader, length), &marker, sizeof marker);
    position += skipped;
  }
  const RecordHeader header{position, static_cast<std::uint32_t>(record.size()), checksum(record)};
  std::memcpy(at(position), &header, sizeof header);
  std::memcpy(at(position) + sizeof header, record.data(), record.size());
  header_->end.store(position + size, std::memory_order_release);
  return true;
}

std::optional<Ring::Record> Ring::read(std::uint64_t position) const {
  const auto end_position = header_->end.load(std::memory_order_acquire);
  if (position >= end_position || end_position - position > capacity_ || position % 8 != 0) return std::nullopt;
  const auto to_edge = capacity_ - position % capacity_;
  if (to_edge < sizeof(RecordHeader)) return read(position + to_edge);
  RecordHeader header{};
  std::memcpy(&header, at(position), sizeof header);
  if (header.position != position) return std::nullopt;
  if (header.length == kSkip) return read(position + to_edge);
  if (padded(header.length) > to_edge || position + padded(header.length) > end_position) return std::nullopt;
  const std::string_view bytes(at(position) + sizeof header, header.length);
  if (checksum(bytes) != header.checksum) return std::nullopt;
  return Record{bytes, position + padded(header.length)};
}

void Ring::restart(std::uint64_t position) {
  position = (position + 7) / 8 * 8;
  header_->end.store(position, std::memory_order_release);
  header_->begin.store(position, std::memory_order_release);
}

void Ring::release(std::uint64_t position) { header_->begin.store(position, std::memory_order_release); }

std::uint64_t Ring::begin() const { return header_->begin.load(std::memory_order_acquire); }

std::uint64_t Ring::end() const { return header_->end.load(std::memory_order_acquire); }

}  // namespace assay::track
