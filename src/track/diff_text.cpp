#include "track/diff_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::track {
namespace {

constexpr int kMaxNamed = 200;

}  // namespace

void DiffText::add(std::string_view path, std::string_view patch) {
  if (!fits(patch.size())) {
    leave_out_long(path, patch.size());
  } else {
    patches_ += patch;
  }
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
