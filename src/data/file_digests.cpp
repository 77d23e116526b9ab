#include "data/file_digests.h"

#include <fmt/format.h>

#include <chrono>
#include <sstream>
#include <utility>

#include "core/cache_folder.h"
#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

// A file that was written a moment ago may be written again within the same tick of the file system's clock.
constexpr auto kSettled = std::chrono::seconds(2);

std::int64_t nanoseconds(fs::file_time_type time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
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
  std::error_code code;
  if (cache_.empty() || !fs::exists(cache_, code)) return;
  std::istringstream lines(read_file(cache_));
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
  std::error_code code;
  const auto size = fs::file_size(file, code);
  const auto time = code ? fs::file_time_type() : fs::last_write_time(file, code);
  if (code) throw Error(ErrorKind::kData, "cannot read the file: " + code.message(), file.string());
  const auto found = known_.find(name);
  if (found != known_.end() && found->second.size == size && found->second.time == nanoseconds(time)) {
    return found->second.digest;
  }
  auto digest = sha256_of_file(file);
  if (name.find('\n') == std::string::npos && fs::file_time_type::clock::now() - time > kSettled) {
    known_[name] = {size, nanoseconds(time), digest};
    has_changed_ = true;
  }
  return digest;
}

}  // namespace assay::data
