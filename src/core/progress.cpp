#include "core/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

namespace assay {
namespace {

constexpr double kTerminalIntervalS = 0.1;
constexpr double kPlainIntervalS = 10.0;

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

}  // namespace

std::string render_bar(double fraction, int width) {
  const auto full = static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * width);
  return fmt::format("[{:#<{}}{:.<{}}]", "", full, "", static_cast<std::size_t>(width) - full);
}

Progress::Progress(std::string title, std::int64_t total)
    : title_(std::move(title)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() { finish(); }

void Progress::update(std::int64_t done, const std::function<std::string()>& note) {
  done_ = done;
  const auto now = watch_.seconds();
  if (now - last_draw_ < (terminal_ ? kTerminalIntervalS : kPlainIntervalS)) return;
  last_draw_ = now;
  draw(note ? note() : std::string());
}

void Progress::draw(const std::string& note) {
  auto line = title_ + " ";
  const auto elapsed = watch_.seconds();
  if (total_ > 0) {
    const auto fraction = static_cast<double>(done_) / static_cast<double>(total_);
    if (terminal_) line += render_bar(fraction, 24) + " ";
    line += fmt::format("{:3.0f} % {}/{}", fraction * 100.0, done_, total_);
    if (done_ > 0) line += fmt::format(", {} left", format_duration(elapsed / fraction - elapsed));
  } else {
    line += fmt::format("{}, {}", done_, format_duration(elapsed));
  }
  if (!note.empty()) line += fmt::format(", {}", note);
  if (terminal_) {
    fmt::print(stderr, "\r\x1b[K{}", line.substr(0, terminal_width() - 1));
  } else {
    fmt::print(stderr, "{}\n", line);
  }
  std::fflush(stderr);
  drawn_ = true;
}

void Progress::finish() {
  if (!drawn_ || !terminal_) return;
  fmt::print(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

}  // namespace assay
