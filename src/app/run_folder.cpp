#include "app/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/fingerprint.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"

namespace assay::app {
namespace {

constexpr std::uintmax_t kSmallestSpaceBytes = 200'000'000;

void check_space(const std::filesystem::path& folder) {
  std::error_code code;
  const auto space = std::filesystem::space(folder, code);
  if (code || space.available >= kSmallestSpaceBytes) return;
  throw Error(ErrorKind::kData,
              fmt::format("only {} MB are free on the disk of {}; a run needs {} MB", space.available / 1'000'000,
                          folder.string(), kSmallestSpaceBytes / 1'000'000),
              "", "free some space, or keep runs elsewhere with run.dir=...");
}

}  // namespace

std::string make_run_key(const config::Table& config, const std::vector<std::string>& outside_run_key,
                         const std::string& inputs_digest) {
  const auto build_id = sha256_of_file("/proc/self/exe");
  return sha256(config::fingerprint(config, outside_run_key) + build_id + inputs_digest);
}

std::filesystem::path RunFolder::path_of(const std::filesystem::path& dir, const std::string& experiment,
                                         const std::string& run_key) {
  return dir / experiment / run_key.substr(0, 12);
}

RunFolder::RunFolder(const std::filesystem::path& dir, const std::string& experiment, const std::string& run_key)
    : path_(path_of(dir, experiment, run_key)) {
  make_writable_folder(path_);
  check_space(path_);
  const auto lock_file = path_ / ".lock";
  lock_ = ::open(lock_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock_ >= 0 && TEMP_FAILURE_RETRY(::flock(lock_, LOCK_EX | LOCK_NB)) == 0) return;
  const int error_number = errno;
  if (lock_ >= 0) ::close(lock_);
  if (error_number == EWOULDBLOCK) {
    throw Error(ErrorKind::kData, fmt::format("another process is at work on {}", path_.string()), "",
                "wait for it, or change the configuration");
  }
  throw Error(ErrorKind::kData, fmt::format("cannot lock {}: {}", lock_file.string(), std::strerror(error_number)), "",
              "two processes in one folder would destroy each other's files: keep runs on a file system with locks, "
              "with run.dir=...");
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

bool RunFolder::is_finished() const {
  const auto record = path_ / "record.json";
  if (!std::filesystem::exists(record)) return false;
  try {
    return read_json(record).value("status", "") == "FINISHED";
  } catch (const std::exception&) {
    return false;  // a damaged record is no finished run: it is run again and replaced
  }
}

}  // namespace assay::app
