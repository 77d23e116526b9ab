#include "track/source/diff_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "track/source/secrets.h"

namespace assay::track {
namespace {

constexpr int kMaxNamed = 200;

/// Replaces what looks like a secret, and counts it. The first character of a line says what becomes of it.
std::pair<std::string, int> without_secrets(std::string_view patch) {
  std::string text;
  int num_secrets = 0;
  bool is_in_hunk = false;
  bool is_in_key = false;
  while (!patch.empty()) {
    const auto end = std::min(patch.find('\n'), patch.size() - 1) + 1;
    const auto line = patch.substr(0, end);
    patch.remove_prefix(end);
    is_in_hunk = is_in_hunk || line.starts_with("@@");
    const auto content = line.substr(1);
    const bool is_key_end = is_in_key && content.find("-----END") != std::string_view::npos;
    is_in_key = is_in_key || content.find("-----BEGIN") != std::string_view::npos;
    // The text behind a hunk's line numbers is a line of the file, too.
    if (!is_in_hunk || line.starts_with('\\') || !(is_in_key || is_secret_line(content))) {
      text += line;
    } else {
      ++num_secrets;
      const auto numbers = line.starts_with("@@") ? line.substr(0, line.find("@@", 2) + 2) : line.substr(0, 1);
      text += fmt::format("{}[looks like a secret]{}", numbers, line.back() == '\n' ? "\n" : "");
    }
    if (is_key_end) is_in_key = false;
  }
  return {text, num_secrets};
}

}  // namespace

void DiffText::add(std::string_view path, std::string_view patch) {
  const auto [text, num_secrets] = without_secrets(patch);
  if (!fits(text.size())) return leave_out_long(path, text.size());
  patches_ += text;
  if (num_secrets > 0) leave_out(path, fmt::format("{} lines that look like secrets", num_secrets));
}

void DiffText::leave_out(std::string_view path, std::string_view why) {
  if (++num_left_out_ > kMaxNamed) return;
  std::string name(path);
  // A line break in a name would begin a line that `git apply` reads.
  std::replace_if(
      name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }, '?');
  left_out_ += fmt::format("# left out: {}: {}\n", name, why);
}

void DiffText::leave_out_long(std::string_view path, std::size_t num_bytes) {
  leave_out(path, fmt::format("its {} bytes do not fit into the {} of this diff", num_bytes, max_bytes_));
}

std::string DiffText::text() const {
  std::string more;
  if (num_left_out_ > kMaxNamed) more = fmt::format("# left out: {} more files\n", num_left_out_ - kMaxNamed);
  return left_out_ + more + patches_;
}

}  // namespace assay::track
