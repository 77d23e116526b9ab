#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.h"

namespace assay::track {

/// Says that a file is no ring, or a damaged one.
class DamagedRing : public Error {
 public:
  using Error::Error;
};

/// A queue of byte strings in a memory-mapped file: what was pushed outlives the process, however that ends. Pushing
/// copies a few bytes and makes no system call. One thread pushes, one reads; they may be different ones.
///
/// Positions count all bytes ever pushed, so that a reader can remember how far it came in a store of its own.
class Ring {
 public:
  static constexpr std::size_t kDefaultCapacity = 4U << 20;

  /// Opens the file, or makes it with room for `capacity` bytes (rounded up to 4096).
  /// Errors: Error(kData) when it cannot be made or there is no space for it; DamagedRing when it is no ring.
  explicit Ring(const std::filesystem::path& path, std::size_t capacity = kDefaultCapacity);
  ~Ring();
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;

  /// Appends a record; false when there is no room for it until release() makes some.
  bool push(std::string_view record);

  /// Returns the longest record that fits into an empty ring.
  std::size_t max_record() const;

  struct Record {
    std::string_view bytes;  ///< valid until released
    std::uint64_t begin;     ///< the position where its reading began
    std::uint64_t next;      ///< the position behind it
  };

  /// Returns the record at `position`; nothing at the end, and where the file is damaged.
  std::optional<Record> read(std::uint64_t position) const;

  /// Returns the first whole record at or behind `position`, also behind damage, and also one that was released or is
  /// not told by end(): what a process that died has left.
  std::optional<Record> find(std::uint64_t position) const;

  /// Forgets everything and goes on at `position`; for a ring that nobody else uses.
  void restart(std::uint64_t position);

  /// Gives the room in front of `position` back.
  void release(std::uint64_t position);

  std::uint64_t begin() const;  ///< position of the oldest record that was not released
  std::uint64_t end() const;    ///< position behind the newest one
  std::size_t capacity() const { return capacity_; }
  bool is_new() const { return is_new_; }  ///< was made by this object

 private:
  struct Header;

  void map(std::size_t capacity);
  char* at(std::uint64_t position) const;
  std::optional<Record> read_before(std::uint64_t position, std::uint64_t end) const;

  std::filesystem::path path_;
  Header* header_ = nullptr;
  std::size_t capacity_ = 0;
  int file_ = -1;
  bool is_new_ = false;
};

}  // namespace assay::track
