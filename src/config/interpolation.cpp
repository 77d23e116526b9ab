#include "config/interpolation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "config/depth.h"
#include "config/grammar.h"
#include "config/grammar_text.h"
#include "core/error.h"

namespace assay::config {
namespace {

constexpr std::string_view kOpen = "${";

bool is_space(char c) { return c == ' ' || c == '\t'; }

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Returns whether c may appear in the name of a key without quotes.
bool is_key(char c) { return std::string_view("\\{}()[]:. \t'\"").find(c) == std::string_view::npos; }

bool is_resolver_name(std::string_view text) {
  return !text.empty() && is_word(text[0]) && std::isdigit(static_cast<unsigned char>(text[0])) == 0 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_word(c) || c == '-'; });
}

/// Returns whether an unquoted word may be something other than text: a number, a boolean, null.
bool may_be_typed(std::string_view word) {
  const bool is_plain =
      std::all_of(word.begin(), word.end(), [](char c) { return is_word(c) || c == '+' || c == '-' || c == '.'; });
  if (!is_plain || word.empty()) return false;
  if (std::isalpha(static_cast<unsigned char>(word[0])) == 0) return word[0] != '_';
  return is_reserved_word(word);
}

Value::Data read_word(const std::string& word) {
  if (!may_be_typed(word)) return word;
  const auto value = parse_element(word, Origin{});
  // A word that only looks like a number is kept as typed.
  if (value.get_if<std::string>() != nullptr || value.get_if<Array>() != nullptr) return word;
  return value.data();
}

Expression literal(Value::Data data) { return {Expression::Kind::kLiteral, std::move(data), {}, {}, {}}; }

/// Collects characters and interpolations in turn.
class Pieces {
 public:
  std::string text;

  void add(Expression piece) {
    flush();
    pieces_.push_back(std::move(piece));
  }
  bool empty() const { return text.empty() && pieces_.empty(); }
  bool is_one_interpolation() const { return text.empty() && pieces_.size() == 1; }
  std::vector<Expression> take() {
    flush();
    return std::move(pieces_);
  }

 private:
  void flush() {
    if (!text.empty()) pieces_.push_back(literal(std::move(text)));
    text.clear();
  }

  std::vector<Expression> pieces_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression whole_text() { return text('\0'); }

  Expression whole_argument() {
    auto result = element();
    if (!at_end()) fail("the end");
    return result;
  }

 private:
  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool at_interpolation() const { return text_.substr(at_, kOpen.size()) == kOpen; }
  bool at_close() const { return !at_end() && std::string_view(",]}").find(peek()) != std::string_view::npos; }

  std::string spaces() {
    const auto begin = at_;
    while (is_space(peek())) ++at_;
    return std::string(text_.substr(begin, at_ - begin));
  }

  [[noreturn]] void fail(std::string_view expected) const {
    const auto found = at_end() ? std::string("the text ends") : fmt::format("there is `{}`", peek());
    throw Error(ErrorKind::kConfig,
                fmt::format("malformed `${{`: expected {} at character {}, {}", expected, at_ + 1, found), "",
                "`\\${` is a plain `${`; quote an argument with other characters: ${name:'a (b)'}");
  }

  void expect(char c) {
    if (peek() != c) fail(fmt::format("`{}`", c));
    ++at_;
  }

  // The whole string if `quote` is '\0', else up to that quote. Backslashes count only before `${` and the quote.
  Expression text(char quote) {
    Pieces pieces;
    while (!at_end() && (quote == '\0' || peek() != quote)) {
      if (at_interpolation()) {
        pieces.add(interpolation());
      } else if (peek() == '\\') {
        backslashes(quote, pieces.text);
      } else {
        pieces.text += text_[at_++];
      }
    }
    if (quote != '\0') expect(quote);
    if (quote == '\0' && pieces.is_one_interpolation()) return std::move(pieces.take().front());
    return {Expression::Kind::kText, {}, pieces.take(), {}, {}};
  }

  void backslashes(char quote, std::string& out) {
    const auto begin = at_;
    while (peek() == '\\') ++at_;
    const auto count = at_ - begin;
    const bool before_quote = quote != '\0' && peek() == quote;
    if (!at_interpolation() && !before_quote) {
      out.append(count, '\\');
      return;
    }
    out.append(count / 2, '\\');
    if (count % 2 == 0) return;
    const std::size_t escaped = before_quote ? 1 : kOpen.size();
    out += text_.substr(at_, escaped);
    at_ += escaped;
  }

  Expression interpolation() {
    const Level level(depth_);
    at_ += kOpen.size();
    spaces();
    Pieces path;
    bool is_name = peek() != '.';
    while (peek() == '.') path.text += text_[at_++];
    is_name = (peek() == '[' ? bracket(path) : key(path)) && is_name;
    while (peek() == '.' || peek() == '[') {
      if (peek() == '[') {
        is_name = bracket(path) && is_name;
      } else {
        path.text += text_[at_++];
        is_name = key(path) && is_name;
      }
    }
    spaces();
    if (peek() == ':' && is_name) return call(path.take());
    if (peek() != '}') fail("`}`");
    ++at_;
    return {Expression::Kind::kNode, {}, path.take(), {}, {}};
  }

  // Both return whether this may be part of a resolver's name.
  bool key(Pieces& path) {
    if (at_interpolation()) {
      path.add(interpolation());
      return true;
    }
    const auto begin = at_;
    while (!at_end() && is_key(peek())) ++at_;
    const auto name = text_.substr(begin, at_ - begin);
    if (name.empty()) fail("a key");
    path.text += name;
    return is_resolver_name(name);
  }

  bool bracket(Pieces& path) {
    path.text += text_[at_++];
    const char quote = peek();
    if (quote == '"' || quote == '\'') {
      const auto end = text_.find(quote, at_ + 1);
      if (end == std::string_view::npos) fail("a closed quote");
      path.text += text_.substr(at_, end + 1 - at_);
      at_ = end + 1;
    } else {
      key(path);
    }
    expect(']');
    path.text += ']';
    return false;
  }

  Expression call(std::vector<Expression> name) {
    ++at_;
    return {Expression::Kind::kCall, {}, sequence('}'), std::move(name), {}};
  }

  // Like OmegaConf, reads an empty text between two commas.
  std::vector<Expression> sequence(char close) {
    std::vector<Expression> elements;
    bool is_element_due = true;
    bool has_comma = false;
    for (spaces(); peek() != close || at_end(); spaces()) {
      if (peek() == ',') {
        if (is_element_due) elements.push_back(literal(std::string()));
        is_element_due = has_comma = true;
        ++at_;
      } else if (is_element_due) {
        elements.push_back(element());
        is_element_due = false;
      } else {
        fail(fmt::format("`,` or `{}`", close));
      }
    }
    ++at_;
    if (has_comma && is_element_due) elements.push_back(literal(std::string()));
    return elements;
  }

  Expression element() {
    const Level level(depth_);
    const char first = peek();
    if (first == '{') return dict();
    if (first == '[') {
      ++at_;
      return {Expression::Kind::kList, {}, sequence(']'), {}, {}};
    }
    if (first == '"' || first == '\'') {
      ++at_;
      return text(first);
    }
    bool is_escaped = false;
    auto pieces = unquoted(false, is_escaped);
    if (pieces.empty()) fail("a value");
    if (pieces.is_one_interpolation()) return std::move(pieces.take().front());
    auto parts = pieces.take();
    if (parts.size() > 1 || is_escaped) return {Expression::Kind::kText, {}, std::move(parts), {}, {}};
    return literal(read_word(std::get<std::string>(parts.front().literal)));
  }

  Expression dict() {
    Expression result{Expression::Kind::kDict, {}, {}, {}, {}};
    ++at_;
    spaces();
    while (peek() != '}') {
      bool is_escaped = false;
      auto key = unquoted(true, is_escaped);
      if (key.empty()) fail("a key");
      result.keys.push_back(key.text);
      expect(':');
      spaces();
      result.parts.push_back(element());
      spaces();
      if (peek() != '}') {
        expect(',');
        spaces();
        if (peek() == '}') fail("a key");
      }
    }
    ++at_;
    return result;
  }

  // Spaces inside the text belong to it; those before `,`, `]` and `}` (and the `:` after a key) do not.
  Pieces unquoted(bool is_key_of_dict, bool& is_escaped) {
    Pieces pieces;
    while (!at_end()) {
      const auto blank = spaces();
      if (at_close() || (is_key_of_dict && peek() == ':')) break;
      pieces.text += blank;
      if (at_interpolation() && !is_key_of_dict) {
        pieces.add(interpolation());
      } else if (peek() == '\\') {
        is_escaped = escape(pieces.text) || is_escaped;
      } else if (peek() == ':') {
        pieces.text += text_[at_++];
        pieces.text += spaces();
      } else if (is_word(peek()) ||
                 (!at_end() && std::string_view("/-+.$%*@?|").find(peek()) != std::string_view::npos)) {
        pieces.text += text_[at_++];
      } else if (!at_end()) {
        fail("a plain character");
      }
    }
    return pieces;
  }

  bool escape(std::string& out) {
    ++at_;
    const bool is_escape = !at_end() && std::string_view("\\()[]{}:=, \t").find(peek()) != std::string_view::npos;
    out += is_escape ? text_[at_++] : '\\';
    return is_escape;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

bool is_open(const Value& value, int depth);

bool has_open_value(const Table& table, int depth) {
  const auto& entries = table.entries();
  return depth > kMaxDepth || std::any_of(entries.begin(), entries.end(),
                                          [=](const auto& entry) { return is_open(entry.second, depth + 1); });
}

bool is_open(const Value& value, int depth) {
  if (const auto* text = value.get_if<std::string>()) return has_interpolation(*text) || is_missing(value);
  if (const auto* table = value.get_if<Table>()) return has_open_value(*table, depth);
  const auto* array = value.get_if<Array>();
  if (array == nullptr) return false;
  return depth > kMaxDepth ||
         std::any_of(array->begin(), array->end(), [=](const auto& one) { return is_open(one, depth + 1); });
}

}  // namespace

Expression parse_interpolated(std::string_view text) { return Parser(text).whole_text(); }

Expression parse_argument(std::string_view text) { return Parser(text).whole_argument(); }

bool has_open_value(const Table& table) { return has_open_value(table, 0); }

}  // namespace assay::config
