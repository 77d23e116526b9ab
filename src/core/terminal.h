#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

namespace assay {

/// Writes text to stderr, and to the file of a StatusLog if there is one. Text that a closed or full terminal, pipe or
/// log file does not accept is dropped: a run must not end because its messages cannot be written.
void write_status(std::string_view text);

/// Writes short-lived text, such as a progress bar, to stderr only.
void write_transient(std::string_view text);

/// Formats like fmt::print and writes like write_status().
template <typename... Args>
void print_status(fmt::format_string<Args...> format, Args&&... args) {
  write_status(fmt::format(format, std::forward<Args>(args)...));
}

/// Copies the output of write_status() to a file during its lifetime. A file that cannot be opened is skipped.
class StatusLog {
 public:
  explicit StatusLog(const std::filesystem::path& file);
  ~StatusLog();
  StatusLog(const StatusLog&) = delete;
  StatusLog& operator=(const StatusLog&) = delete;
};

/// Opens /dev/null in place of each closed descriptor from 0 to 2. Otherwise a file of the program could get such a
/// number and receive output meant for the terminal. Every main() calls it first.
void open_standard_descriptors();

}  // namespace assay
