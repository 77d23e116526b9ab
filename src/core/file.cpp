#include "core/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "core/error.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string_view action, const fs::path& path, int error_number) {
  auto hint = std::string("check that the path exists and that you may use it");
  if (error_number == ENOSPC || error_number == EDQUOT) hint = "free some disk space, then run the same command again";
  throw Error(ErrorKind::kData, fmt::format("cannot {} {}: {}", action, path.string(), std::strerror(error_number)), "",
              hint);
}

void make_folder(const fs::path& folder) {
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) fail("make folder", folder, code.value());
}

// Opens, fsyncs and closes a file or a folder.
void sync_to_disk(const fs::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("open", path, errno);
  const int result = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  if (result != 0) fail("write", path, error_number);
}

void write_bytes(const fs::path& path, std::initializer_list<std::string_view> parts) {
  const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (descriptor < 0) fail("write", path, errno);
  for (auto bytes : parts) {
    while (!bytes.empty()) {
      const auto written = ::write(descriptor, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) {
        const int error_number = errno;
        ::close(descriptor);
        fail("write", path, error_number);
      }
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  if (::close(descriptor) != 0) fail("write", path, errno);
}

}  // namespace

std::string read_file(const fs::path& path) {
  std::error_code code;
  if (fs::is_directory(path, code)) fail("read", path, EISDIR);
  errno = 0;
  std::ifstream stream(path, std::ios::binary);
  if (!stream) fail("read", path, errno != 0 ? errno : ENOENT);
  try {
    return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  } catch (const std::ios_base::failure&) {  // from the buffer, whatever the stream's mask of exceptions
    fail("read", path, EIO);
  }
}

void write_file_atomically(const fs::path& path, const std::function<void(const fs::path& temporary)>& write) {
  make_folder(path.parent_path());
  auto temporary = path;
  temporary += fmt::format(".partial-{}", ::getpid());
  try {
    write(temporary);
    sync_to_disk(temporary);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail("write", path, errno);
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  sync_to_disk(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void write_file_atomically(const fs::path& path, std::string_view bytes) { write_file_atomically(path, {bytes}); }

void write_file_atomically(const fs::path& path, std::initializer_list<std::string_view> parts) {
  write_file_atomically(path, [parts](const fs::path& temporary) { write_bytes(temporary, parts); });
}

void make_writable_folder(const fs::path& folder) {
  make_folder(folder);
  const auto probe = folder / fmt::format(".probe-{}", ::getpid());
  write_bytes(probe, {"probe"});
  std::error_code ignored;
  fs::remove(probe, ignored);
}

}  // namespace assay
