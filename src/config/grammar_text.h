#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/value.h"

namespace assay::config {

/// A text being parsed, with the information that its error messages need.
class GrammarText {
 public:
  GrammarText(std::string_view text, Origin origin) : text_(text), origin_(std::move(origin)) {}

  std::string_view text() const { return text_; }
  const Origin& origin() const { return origin_; }

  /// Throws Error(kConfig) with the message; the hint is `advice` and the text with a caret under `position`.
  [[noreturn]] void fail(std::size_t position, const std::string& message, std::string_view advice = "") const;

  /// Fails with the text at `position` and what was expected there.
  [[noreturn]] void fail_expected(std::size_t position, std::string_view expected, std::string_view advice = "") const;

  /// Fails unless the text is UTF-8.
  void check_utf8() const;

 private:
  std::string_view text_;
  Origin origin_;
};

/// Returns a text, or the part of a long one around `position`, with a caret under that byte; both lines indented.
std::string excerpt(std::string_view text, std::size_t position);

/// Shortens a text to its beginning and makes it fit on one line of a message.
std::string shown(std::string_view text);

/// Returns whether `text` is an integer ("-3", "1_000"), by default without leading zeros.
bool is_integer(std::string_view text, bool leading_zeros = false);

/// Returns whether `text` is a number but not an integer ("1e-3", ".5", "1.", "-inf", "nan").
bool is_decimal(std::string_view text, bool leading_zeros = false);

/// Reads text accepted by is_integer; nothing beyond 64 bits.
std::optional<std::int64_t> parse_integer(std::string_view text);

/// Reads text accepted by is_integer or is_decimal; nothing beyond the range of a double.
std::optional<double> parse_decimal(std::string_view text);

/// Returns whether `text` is null, true, false, inf or nan, in any case; none of these is a name.
bool is_reserved_word(std::string_view text);

/// Returns whether `text` equals `lower_case`, ignoring case.
bool equals_ignoring_case(std::string_view text, std::string_view lower_case);

}  // namespace assay::config
