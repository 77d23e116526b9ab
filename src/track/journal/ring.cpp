#include "track/journal/ring.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/error.h"
#include "track/journal/checksum.h"

namespace assay::track {

namespace {

constexpr std::uint64_t kMagic = 0x31474e5259415341;  // "ASAYRNG1"
constexpr std::size_t kPage = 4096;
constexpr std::uint64_t kMaxPosition = 1ULL << 62;  // more than anyone can push

/// Stands in front of each record. Its position tells a record of this round from one of an earlier.
struct RecordHeader {
  std::uint64_t position;
  std::uint32_t length;  ///< kSkip: the rest up to the end of the ring is unused
  std::uint32_t checksum;
};
constexpr std::uint32_t kSkip = 0xffffffff;

std::size_t padded(std::size_t length) { return (sizeof(RecordHeader) + length + 7) / 8 * 8; }

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
  try {
    map(capacity);
  } catch (const Error&) {
    if (header_ != nullptr) ::munmap(header_, kPage + capacity_);
    ::close(file_);
    if (is_new_) ::unlink(path.c_str());
    throw;
  }
}

void Ring::map(std::size_t capacity) {
  struct stat status {};
  if (::fstat(file_, &status) != 0) fail("cannot open the queue of tracked values", path_.string());
  const auto size = static_cast<std::size_t>(status.st_size);
  is_new_ = size == 0;
  const auto refuse = [&] {
    throw DamagedRing(ErrorKind::kData, "not a queue of tracked values, or a damaged one", path_.string());
  };
  if (!is_new_ && (size <= kPage || size % kPage != 0)) refuse();
  capacity_ = is_new_ ? (capacity + kPage - 1) / kPage * kPage : size - kPage;
  // Space is taken now: a disk that is full later cannot take a mapped page away.
  if (is_new_) errno = ::posix_fallocate(file_, 0, static_cast<off_t>(kPage + capacity_));
  if (is_new_ && errno != 0) fail("no space for the queue of tracked values", path_.string());
  void* const memory = ::mmap(nullptr, kPage + capacity_, PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (memory == MAP_FAILED) fail("cannot map the queue of tracked values", path_.string());
  header_ = static_cast<Header*>(memory);
  if (is_new_) {
    header_->capacity = capacity_;
    header_->magic = kMagic;
  }
  const auto is_ring = header_->magic == kMagic && header_->capacity == capacity_;
  const auto is_plausible =
      begin() <= end() && end() - begin() <= capacity_ && begin() % 8 == 0 && end() % 8 == 0 && end() <= kMaxPosition;
  if (!is_ring || !is_plausible) refuse();
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
  return read_before(position, header_->end.load(std::memory_order_acquire));
}

std::optional<Ring::Record> Ring::read_before(std::uint64_t position, std::uint64_t end_position) const {
  if (position >= end_position || end_position - position > capacity_ || position % 8 != 0) return std::nullopt;
  const auto to_edge = capacity_ - position % capacity_;
  if (to_edge < sizeof(RecordHeader)) return read_before(position + to_edge, end_position);
  RecordHeader header{};
  std::memcpy(&header, at(position), sizeof header);
  if (header.position != position) return std::nullopt;
  if (header.length == kSkip) return read_before(position + to_edge, end_position);
  if (padded(header.length) > to_edge || position + padded(header.length) > end_position) return std::nullopt;
  const std::string_view bytes(at(position) + sizeof header, header.length);
  if (checksum(bytes) != header.checksum) return std::nullopt;
  return Record{bytes, position, position + padded(header.length)};
}

std::optional<Ring::Record> Ring::find(std::uint64_t position) const {
  const auto limit = position + capacity_;
  for (; position < limit; position += 8) {
    if (const auto record = read_before(position, position + capacity_))
      return Record{record->bytes, position, record->next};
  }
  return std::nullopt;
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
