#include "config/grammar_scanner.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/depth.h"

namespace assay::config {
namespace {

constexpr std::string_view kEscapable = "\\()[]{}:=, \t";
constexpr std::string_view kUnquoted = "/-\\+.$%*@?|_";  // and letters and digits
constexpr std::string_view kDelimiters = ",)]}=(";
constexpr std::string_view kQuoteAdvice = "text with special characters needs quotes: key='\"a=b, c\"' in a shell";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_among(char c, std::string_view characters) { return characters.find(c) != std::string_view::npos; }
bool begins_name(char c) { return is_letter(c) || c == '_'; }
bool continues_name(char c) { return is_letter(c) || is_digit(c) || c == '_' || c == '-'; }
bool is_unquoted(char c) { return is_letter(c) || is_digit(c) || is_among(c, kUnquoted); }

}  // namespace

// --- Steps ---

bool GrammarScanner::take(char c) {
  if (at_end() || text_[position_] != c) return false;
  ++position_;
  return true;
}

std::size_t GrammarScanner::blanks_end(std::size_t position) const {
  while (position < text_.size() && is_blank(text_[position])) ++position;
  return position;
}

bool GrammarScanner::take_closing(char c) {
  const auto end = blanks_end(position_);
  if (end >= text_.size() || text_[end] != c) return false;
  position_ = end + 1;
  return true;
}

bool GrammarScanner::take_separator(char c) {
  if (!take_closing(c)) return false;
  skip_blanks();
  return true;
}

void GrammarScanner::fail_value(std::string_view expected) const {
  const char found = peek();
  if (found == '=') {
    source_.fail_expected(position_, expected, "a value with `=` needs quotes: key='\"a=b\"' in a shell");
  }
  if (at_end() && text_.find_first_of("[{(") != std::string_view::npos) {
    source_.fail_expected(position_, expected, "a shell needs quotes around brackets and blanks: 'key=[1, 2]'");
  }
  const bool needs_quotes = !at_end() && !is_among(found, ",)]}");
  source_.fail_expected(position_, expected, needs_quotes ? kQuoteAdvice : "");
}

void GrammarScanner::expect_end() const {
  if (at_end()) return;
  if (blanks_end(position_) == text_.size()) source_.fail(position_, "blanks after the value");
  fail_value("the end of the value");
}

// --- Keys ---

// A name, which may contain `$`, or an index without leading zeros; false if there is neither.
bool GrammarScanner::skip_dotted_part() {
  if (begins_name(peek()) || peek() == '$') {
    while (continues_name(peek()) || peek() == '$') ++position_;
    return true;
  }
  if (!is_digit(peek())) return false;
  if (take('0')) return true;
  while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) ++position_;
  return true;
}

void GrammarScanner::skip_dotted_path() {
  const auto start = position_;
  if (!skip_dotted_part()) return;
  if (is_digit(text_[start]) && peek() != '.') source_.fail(start, "a key does not begin with a number");
  while (take('.')) {
    if (!skip_dotted_part()) source_.fail_expected(position_, "a part of a key");
  }
}

// Reads on if the dotted path from `start` turns out to be a group.
void GrammarScanner::skip_group(std::size_t start) {
  for (auto i = start; i < position_; ++i) {
    if (continues_name(text_[i]) && (i > start || begins_name(text_[i]))) continue;
    source_.fail(i, "a group's name consists of letters, digits, `_`, `-` and `/`",
                 "for example train/schedule=cosine");
  }
  while (take('/')) {
    if (!begins_name(peek())) source_.fail_expected(position_, "a part of a group's name");
    while (continues_name(peek())) ++position_;
  }
}

std::string GrammarScanner::read_key() {
  const auto start = position_;
  skip_dotted_path();
  if (position_ == start) source_.fail_expected(position_, "a key", "for example train.epochs=5");
  if (peek() == '/') skip_group(start);
  return std::string(text_.substr(start, position_ - start));
}

std::string GrammarScanner::read_package() {
  const auto start = position_;
  skip_dotted_path();
  return std::string(text_.substr(start, position_ - start));
}

// --- Names ---

std::string_view GrammarScanner::name() const {
  auto end = position_;
  if (begins_name(peek())) {
    while (end < text_.size() && continues_name(text_[end])) ++end;
  }
  return text_.substr(position_, end - position_);
}

std::string GrammarScanner::take_name_before(char delimiter) {
  const auto found = name();
  const auto start = position_;
  position_ += found.size();
  if (!found.empty() && !is_reserved_word(found) && take_separator(delimiter)) return std::string(found);
  position_ = start;
  return "";
}

std::string_view GrammarScanner::called_name() const {
  const auto found = name();
  const auto behind = blanks_end(position_ + found.size());
  const bool is_call = behind < text_.size() && text_[behind] == '(' && !is_reserved_word(found);
  return is_call ? found : "";
}

// --- Values ---

// Adds the blanks here and the colon after them; blanks at the end of the word are dropped.
void GrammarScanner::read_blanks(bool is_key, std::string& text) {
  const auto start = position_;
  skip_blanks();
  if (!is_key && take(':')) {
    skip_blanks();
  } else if (!is_unquoted(peek())) {
    return;
  }
  text += text_.substr(start, position_ - start);
}

GrammarScanner::Word GrammarScanner::read_word(bool is_key) {
  const auto start = position_;
  Word word;
  while (!at_end()) {
    const char c = peek();
    if (is_blank(c) || (c == ':' && !is_key)) {
      read_blanks(is_key, word.text);
    } else if (c == '\\' && position_ + 1 < text_.size() && is_among(peek(1), kEscapable)) {
      word.text += peek(1);
      position_ += 2;
      word.is_verbatim = false;
    } else if (c == '$' && peek(1) == '{' && !is_key) {
      word.text += read_interpolation();
      word.is_verbatim = false;
    } else if (is_unquoted(c)) {
      word.text += c;
      ++position_;
    } else {
      break;
    }
  }
  if (position_ == start) fail_value(is_key ? "a key" : "a value");
  if (!at_end() && !is_among(peek(), kDelimiters) && !(is_key && peek() == ':')) fail_value("more of the value");
  return word;
}

// A quote ends a string if an even number of backslashes precedes it.
std::size_t GrammarScanner::closing_quote(std::size_t opening) const {
  bool is_escaped = false;
  for (auto i = opening + 1; i < text_.size(); ++i) {
    if (text_[i] == text_[opening] && !is_escaped) return i;
    is_escaped = text_[i] == '\\' && !is_escaped;
  }
  return std::string_view::npos;
}

// Backslashes escape only before a quote, where every other one is removed; elsewhere they are kept.
std::string GrammarScanner::read_quoted() {
  const char quote = peek();
  const auto end = closing_quote(position_);
  if (end == std::string_view::npos) source_.fail(position_, "a quoted string without its closing quote");
  std::string content;
  for (auto i = position_ + 1; i < end; ++i) {
    const auto run_start = i;
    i = text_.find_first_not_of('\\', run_start);
    const auto num_backslashes = i - run_start;
    content.append(text_[i] == quote ? num_backslashes / 2 : num_backslashes, '\\');
    if (i < end) content += text_[i];
  }
  position_ = end + 1;
  return content;
}

// Matches braces in pairs; braces in quotes or after a backslash do not count.
std::string_view GrammarScanner::read_interpolation() {
  const auto start = position_;
  int depth = 0;
  for (auto i = start + 1; i < text_.size(); ++i) {
    const char c = text_[i];
    if (c == '\\') {
      ++i;
    } else if (c == '\'' || c == '"') {
      const auto end = closing_quote(i);
      if (end != std::string_view::npos) i = end;
    } else if (c == '{' && ++depth > kMaxDepth) {
      source_.fail(i, fmt::format("more than {} levels deep", kMaxDepth));
    } else if (c == '}' && --depth == 0) {
      if (i == start + 2) source_.fail(start, "an interpolation without a name");
      position_ = i + 1;
      return text_.substr(start, position_ - start);
    }
  }
  source_.fail(start, "an interpolation without its closing brace");
}

}  // namespace assay::config
