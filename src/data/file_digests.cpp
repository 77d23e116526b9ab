#include "data/file_digests.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <sstream>
#include <utility>

#include "core/cache_folder.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"
#include "core/system_file.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

// A file that was written a moment ago may be written again within the same tick of the file system's clock.
constexpr std::int64_t kSettled = 2'000'000'000;  // nanoseconds

std::int64_t now() {
  const auto time = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
}

fs::path cache_of(const fs::path& folder) {
  const auto cache = cache_folder();
  std::error_code code;
  const auto absolute = fs::weakly_canonical(folder, code);
  return cache.empty() || code ? fs::path() : cache / "digests" / sha256(absolute.string()).substr(0, 16);
}

}  // namespace

FileDigests::FileDigests(fs::path folder) : folder_(std::move(folder)), cache_(cache_of(folder_)) { load(); }

FileDigests::~FileDigests() {
  if (!has_changed_ || cache_.empty()) return;
  std::string text;
  for (const auto& [name, known] : known_) {
    text += fmt::format("{} {} {} {}\n", known.digest, known.size, known.time, name);
  }
  try {
    write_file_atomically(cache_, text);
  } catch (const Error&) {
  }
}

// A line is "digest size time name"; one that is not is left out, and its file hashed again.
void FileDigests::load() {
  if (cache_.empty()) return;
  auto text = read_system_file(cache_);
  std::error_code code;
  if (text.empty() && (fs::exists(cache_, code) || code))
    spdlog::warn("cannot read {}: all files of {} are hashed again", cache_.string(), folder_.string());
  std::istringstream lines(std::move(text));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    Known known;
    std::string name;
    if (words >> known.digest >> known.size >> known.time && words.get() == ' ' && std::getline(words, name) &&
        known.digest.size() == 64) {
      known_[name] = std::move(known);
    }
  }
}

std::string FileDigests::of(const std::string& name) {
  const auto file = folder_ / name;
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    throw Error(ErrorKind::kData, fmt::format("cannot read the file: {}", std::strerror(errno)), file.string());
  }
  if (!S_ISREG(status.st_mode)) throw Error(ErrorKind::kData, "cannot read the file: it is none", file.string());
  const auto size = static_cast<std::uintmax_t>(status.st_size);
  const auto time = std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + status.st_mtim.tv_nsec;
  const auto found = known_.find(name);
  if (found != known_.end() && found->second.size == size && found->second.time == time) {
    return found->second.digest;
  }
  auto digest = sha256_of_file(file);
  if (name.find('\n') == std::string::npos && now() - time > kSettled) {
    known_[name] = {size, time, digest};
    has_changed_ = true;
  }
  return digest;
}

}  // namespace assay::data
