#include "report/sources.h"

#include <fmt/format.h>

#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace assay::report {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecordName = "record.json";
constexpr std::uintmax_t kMaxRecordBytes = 64U << 20U;
constexpr const char* kHowToMakeRecords =
    "train something first, for example with `make demo`, or name the folder of the runs";

std::string read_limited(const fs::path& file) {
  std::error_code code;
  const auto size = fs::file_size(file, code);
  if (!code && size > kMaxRecordBytes) {
    throw Error(ErrorKind::kData, fmt::format("{} bytes are too many for a record (at most {})", size, kMaxRecordBytes),
                file.string());
  }
  return read_file(file);
}

void load_file(const fs::path& file, LoadedRecords& loaded) {
  std::string text;
  try {
    text = read_limited(file);
  } catch (const Error& error) {
    loaded.unreadable.push_back({file.string(), error.message()});
    return;
  }
  load_record_text(text, file.string(), loaded);
}

// Maps the canonical path of a file to the path that the user gave, so that overlapping sources give each record once.
using Files = std::map<fs::path, fs::path>;

void add(const fs::path& file, Files& files) {
  std::error_code code;
  const auto real = fs::weakly_canonical(file, code);
  files.emplace(code ? file : real, file.lexically_normal());
}

void collect(const fs::path& folder, Files& files) {
  std::error_code code;
  auto entry = fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied, code);
  for (; !code && entry != fs::recursive_directory_iterator(); entry.increment(code)) {
    std::error_code ignored;
    if (entry->path().filename() == kRecordName && !entry->is_directory(ignored)) add(entry->path(), files);
  }
  if (code) throw Error(ErrorKind::kData, fmt::format("cannot list {}: {}", folder.string(), code.message()));
}

}  // namespace

void load_record_text(std::string_view text, const std::string& origin, LoadedRecords& loaded) {
  try {
    loaded.records.push_back(parse_record(parse_json(text, origin), origin));
  } catch (const Error& error) {
    loaded.unreadable.push_back({origin, error.message()});
  }
}

LoadedRecords load_records(const std::vector<fs::path>& sources) {
  Files files;
  std::string searched;
  for (const auto& source : sources) {
    std::error_code code;
    if (!fs::exists(source, code)) {
      throw Error(ErrorKind::kConfig, fmt::format("there is no {}", source.string()), "", kHowToMakeRecords);
    }
    if (fs::is_directory(source, code)) {
      collect(source, files);
    } else {
      add(source, files);
    }
    searched += (searched.empty() ? "" : ", ") + source.string();
  }
  if (files.empty())
    throw Error(ErrorKind::kConfig, fmt::format("no {} found below {}", kRecordName, searched), "", kHowToMakeRecords);
  LoadedRecords loaded;
  for (const auto& [real, file] : files) load_file(file, loaded);
  return loaded;
}

}  // namespace assay::report
