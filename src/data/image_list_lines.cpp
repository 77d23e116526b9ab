#include "data/image_list_lines.h"

#include <fmt/format.h>

#include <charconv>
#include <map>
#include <utility>

#include "core/error.h"

namespace assay::data {
namespace {

std::string_view trim(std::string_view text) {
  constexpr auto kBlank = " \t\r";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) + 1 - first);
}

std::vector<std::string_view> split_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(trim(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

ListedImage parse_line(std::string_view line, std::int64_t num_classes, const std::string& place) {
  const auto fail = [&](const std::string& why) {
    throw Error(ErrorKind::kData, why, place, "lines are \"FILE LABEL\"");
  };
  const auto blank = line.find_last_of(" \t");
  if (blank == std::string_view::npos) fail("a line without a label");
  std::int64_t label = -1;
  const auto* end = line.data() + line.size();
  const auto parsed = std::from_chars(line.data() + blank + 1, end, label);
  if (parsed.ec != std::errc() || parsed.ptr != end) fail("the label is no number");
  if (label < 0 || label >= num_classes) {
    fail(fmt::format("label {} of {} classes: they begin with 0", label, num_classes));
  }
  return {std::string(trim(line.substr(0, blank))), label};
}

}  // namespace

std::vector<ListedImage> parse_image_list(std::string_view text, std::int64_t num_classes, const std::string& file) {
  std::vector<ListedImage> images;
  std::map<std::string, std::size_t> known;  // places among the images
  std::size_t number = 0;
  for (const auto line : split_lines(text)) {
    ++number;
    if (line.empty()) continue;
    const auto place = fmt::format("{}:{}", file, number);
    auto image = parse_line(line, num_classes, place);
    image.line = number;
    const auto& earlier = known.try_emplace(image.name, images.size()).first->second;
    if (earlier < images.size() && images[earlier].label != image.label) {
      throw Error(ErrorKind::kData,
                  fmt::format("{} has label {} here and {} in line {}", image.name, image.label, images[earlier].label,
                              images[earlier].line),
                  place, "remove one of the lines");
    }
    images.push_back(std::move(image));
  }
  if (images.empty()) throw Error(ErrorKind::kData, "the list names no images", file);
  return images;
}

std::vector<std::string> parse_class_names(std::string_view text) {
  std::vector<std::string> names;
  for (const auto line : split_lines(text)) {
    const auto digits = line.find_first_not_of("0123456789");
    const bool is_numbered =
        digits != std::string_view::npos && digits > 0 && (line[digits] == ' ' || line[digits] == '\t');
    if (!line.empty()) names.emplace_back(is_numbered ? trim(line.substr(digits)) : line);
  }
  return names;
}

}  // namespace assay::data
