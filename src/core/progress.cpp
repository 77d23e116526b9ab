#include "core/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/terminal.h"

namespace assay {
namespace {

constexpr double kTerminalIntervalS = 0.1;
constexpr double kPlainIntervalS = 10.0;

std::size_t terminal_width() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 100;
}

// Lays out the text beside the bar first; the bar gets the remaining width, or is absent.
std::string bar_that_fits(double fraction, std::size_t line_width, std::size_t text_width) {
  constexpr std::size_t kWidest = 24, kNarrowest = 5, kAround = 3;  // brackets and a space
  if (text_width + kAround + kNarrowest > line_width) return "";
  return render_bar(fraction, static_cast<int>(std::min(kWidest, line_width - text_width - kAround))) + " ";
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
  std::string text;
  const auto elapsed = watch_.seconds();
  const auto fraction = total_ > 0 ? static_cast<double>(done_) / static_cast<double>(total_) : 0.0;
  if (total_ > 0) {
    text = fmt::format("{:3.0f} % {}/{}", fraction * 100.0, done_, total_);
    if (done_ > 0) text += fmt::format(", {} left", format_duration(elapsed / fraction - elapsed));
  } else {
    text = fmt::format("{}, {}", done_, format_duration(elapsed));
  }
  if (!note.empty()) text += ", " + note;
  if (terminal_) {
    const auto width = terminal_width() - 1;
    const auto bar = total_ > 0 ? bar_that_fits(fraction, width, title_.size() + 1 + text.size()) : "";
    write_transient("\r\x1b[K" + fmt::format("{} {}{}", title_, bar, text).substr(0, width));
  } else {
    write_transient(fmt::format("{} {}\n", title_, text));
  }
  drawn_ = true;
}

void Progress::finish() {
  if (!drawn_ || !terminal_) return;
  write_transient("\r\x1b[K");
  drawn_ = false;
}

}  // namespace assay
