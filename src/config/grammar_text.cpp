#include "config/grammar_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "core/error.h"
#include "core/redact.h"

namespace assay::config {
namespace {

constexpr std::size_t kWindow = 60;                       // columns of a long argument around the caret
constexpr std::size_t kLongest = 100;                     // longest argument shown whole, in columns
constexpr std::string_view kUnshowable = "\xEF\xBF\xBD";  // U+FFFD

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Returns the length of the UTF-8 character that begins at `position`; 0 if there is none. Source: RFC 3629, section 4.
std::size_t character_length(std::string_view text, std::size_t position) {
  const auto at = [&](std::size_t i) {
    return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0U;
  };
  const auto lead = at(0);
  if (lead < 0x80U) return 1;
  if (lead < 0xC2U || lead > 0xF4U) return 0;
  const std::size_t length = lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0U) != 0x80U) return 0;
  }
  const bool is_overlong = (lead == 0xE0U && at(1) < 0xA0U) || (lead == 0xF0U && at(1) < 0x90U);
  const bool is_surrogate = lead == 0xEDU && at(1) > 0x9FU;
  const bool is_too_large = lead == 0xF4U && at(1) > 0x8FU;
  return is_overlong || is_surrogate || is_too_large ? 0 : length;
}

// Every character takes one column, so that the caret is placed correctly.
std::string printable(std::string_view text) {
  std::string shown_text;
  for (std::size_t i = 0; i < text.size();) {
    const auto length = character_length(text, i);
    const bool is_control = static_cast<unsigned char>(text[i]) < 0x20U || text[i] == 0x7F;
    if (length == 0 || (is_control && text[i] != '\t' && text[i] != '\n')) {
      shown_text += kUnshowable;
    } else if (is_control) {
      shown_text += ' ';
    } else {
      shown_text += text.substr(i, length);
    }
    i += std::max<std::size_t>(length, 1);
  }
  return shown_text;
}

std::size_t num_columns(std::string_view shown_text) {
  const auto continuations = std::count_if(shown_text.begin(), shown_text.end(), continues_character);
  return shown_text.size() - static_cast<std::size_t>(continuations);
}

// Does not split a UTF-8 character.
std::size_t character_start(std::string_view text, std::size_t position) {
  for (int i = 0; i < 3 && position > 0 && position < text.size() && continues_character(text[position]); ++i)
    --position;
  return position;
}

// Returns the end of the digits that begin at `position`, with single `_` between them.
std::size_t digits_end(std::string_view text, std::size_t position) {
  if (position >= text.size() || !is_digit(text[position])) return position;
  for (++position; position < text.size(); ++position) {
    if (is_digit(text[position])) continue;
    if (text[position] != '_' || position + 1 >= text.size() || !is_digit(text[position + 1])) break;
  }
  return position;
}

std::size_t whole_part_end(std::string_view text, std::size_t position, bool leading_zeros) {
  if (!leading_zeros && position < text.size() && text[position] == '0') return position + 1;
  return digits_end(text, position);
}

std::string_view without_sign(std::string_view text) {
  return !text.empty() && (text.front() == '+' || text.front() == '-') ? text.substr(1) : text;
}

template <typename Number>
std::optional<Number> parse_whole(std::string_view text) {
  std::string plain(text.starts_with('+') ? text.substr(1) : text);
  std::erase(plain, '_');
  Number number{};
  const auto [end, status] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  if (status != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  return number;
}

}  // namespace

void GrammarText::fail(std::size_t position, const std::string& message, std::string_view advice) const {
  throw Error(ErrorKind::kConfig, message, origin_.to_string(), std::string(advice) + "\n" + excerpt(text_, position));
}

void GrammarText::fail_expected(std::size_t position, std::string_view expected, std::string_view advice) const {
  if (position >= text_.size()) fail(position, fmt::format("the text ends where {} is expected", expected), advice);
  const auto length = std::max<std::size_t>(character_length(text_, position), 1);
  const auto found = text_[position] == '\n' ? "end of line" : printable(text_.substr(position, length));
  fail(position, fmt::format("an unexpected `{}`, expected {}", found, expected), advice);
}

void GrammarText::check_utf8() const {
  for (std::size_t i = 0; i < text_.size();) {
    const auto length = character_length(text_, i);
    if (length == 0) fail(i, fmt::format("byte {} is not UTF-8", i + 1));
    i += length;
  }
}

// Masks logins before a text is cut: half a login could not be found any more.
std::string excerpt(std::string_view whole, std::size_t position) {
  const auto text = redact_logins(std::string(whole));
  position = character_start(text, std::min(position, text.size()));
  std::size_t start = 0;
  auto end = text.size();
  if (text.size() > kLongest) {
    start = character_start(text, position > kWindow / 2 ? position - kWindow / 2 : 0);
    end = character_start(text, std::min(text.size(), start + kWindow));
  }
  const std::string_view view(text);
  const auto before = (start > 0 ? "..." : "") + printable(view.substr(start, position - start));
  const auto behind = printable(view.substr(position, end - position)) + (end < text.size() ? "..." : "");
  return fmt::format("  {}{}\n  {:>{}}", before, behind, '^', num_columns(before) + 1);
}

std::string shown(std::string_view whole) {
  const auto text = redact_logins(std::string(whole));
  if (text.size() <= kLongest) return printable(text);
  return printable(std::string_view(text).substr(0, character_start(text, kWindow))) + "...";
}

bool is_integer(std::string_view text, bool leading_zeros) {
  const auto digits = without_sign(text);
  return !digits.empty() && is_digit(digits.front()) && whole_part_end(digits, 0, leading_zeros) == digits.size();
}

bool is_decimal(std::string_view text, bool leading_zeros) {
  const auto number = without_sign(text);
  if (equals_ignoring_case(number, "inf") || equals_ignoring_case(number, "nan")) return true;
  const auto whole_end = whole_part_end(number, 0, leading_zeros);
  auto end = whole_end;
  if (end < number.size() && number[end] == '.') {
    end = digits_end(number, whole_end + 1);
    if (whole_end == 0 && end == 1) return false;
  }
  if (end == 0) return false;
  const bool has_point = end > whole_end;
  if (end == number.size() || (number[end] != 'e' && number[end] != 'E')) return has_point && end == number.size();
  const auto exponent = without_sign(number.substr(end + 1));
  return !exponent.empty() && is_digit(exponent.front()) && digits_end(exponent, 0) == exponent.size();
}

std::optional<std::int64_t> parse_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<double> parse_decimal(std::string_view text) { return parse_whole<double>(text); }

bool is_reserved_word(std::string_view text) {
  constexpr std::array<std::string_view, 5> kReserved = {"null", "true", "false", "inf", "nan"};
  return std::any_of(kReserved.begin(), kReserved.end(),
                     [text](std::string_view word) { return equals_ignoring_case(text, word); });
}

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(), [](char c, char lower) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == lower;
  });
}

}  // namespace assay::config
