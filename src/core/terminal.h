#pragma once

#include <fmt/format.h>

#include <filesystem>
#include <string_view>
#include <utility>

namespace assay {

/// Writes text to stderr, and to the file of a StatusLog where there is one. What a closed or full terminal, pipe or
/// log file does not take is dropped: no run may end because nobody can read about it.
void write_status(std::string_view text);

/// Writes text that is soon out of date, such as a progress bar, to stderr alone.
void write_transient(std::string_view text);

/// Formats as fmt::print does and writes as write_status() does.
template <typename... Args>
void print_status(fmt::format_string<Args...> format, Args&&... args) {
  write_status(fmt::format(format, std::forward<Args>(args)...));
}

/// Appends what write_status() writes to a file, too, for as long as it lives. A file that cannot be opened is left
/// out.
class StatusLog {
 public:
  explicit StatusLog(const std::filesystem::path& file);
  ~StatusLog();
  StatusLog(const StatusLog&) = delete;
  StatusLog& operator=(const StatusLog&) = delete;
};

/// Opens /dev/null in place of each of the descriptors 0 to 2 that is closed, so that no file of the program gets its
/// number and with it what is meant for a terminal. The first thing that a main() does.
void open_standard_descriptors();

}  // namespace assay
