// The only file that includes toml++.

#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "config/depth.h"
#include "core/error.h"
#include "core/file.h"
#include "core/redact.h"

namespace assay::config {
namespace {

/// Returns the end of the quoted text that begins at `begin`: after its closing quote, or at the end of the whole text.
std::size_t end_of_text(std::string_view text, std::size_t begin) {
  const char quote = text[begin];
  const bool is_long = text.substr(begin, 3) == std::string(3, quote);
  const auto closing = std::string(is_long ? 3 : 1, quote);
  for (auto i = begin + closing.size(); i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text.substr(i, closing.size()) == closing) {
      return i + closing.size();
    } else if (!is_long && text[i] == '\n') {
      return i;
    }
  }
  return text.size();
}

class Converter {
 public:
  explicit Converter(const std::string& source) : source_(source) {}

  Table table(const toml::table& from) const {
    // toml++ sorts keys; the order of the file is restored from the positions of the keys.
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, node] : from) entries.emplace_back(&key, &node);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const auto& left = a.first->source().begin;
      const auto& right = b.first->source().begin;
      return std::tie(left.line, left.column) < std::tie(right.line, right.column);
    });
    Table result;
    for (const auto& [key, node] : entries) result.set(key->str(), value(*node));
    return result;
  }

 private:
  Origin origin(const toml::node& node) const {
    const auto& begin = node.source().begin;
    return {source_, static_cast<int>(begin.line), static_cast<int>(begin.column)};
  }

  Value value(const toml::node& node) const {
    const auto where = origin(node);
    if (const auto* flag = node.as_boolean()) return {flag->get(), where};
    if (const auto* integer = node.as_integer()) return {integer->get(), where};
    if (const auto* number = node.as_floating_point()) return {number->get(), where};
    if (const auto* text = node.as_string()) {
      if (text->get() == kNullText) return {Null{}, where};
      return {text->get(), where};
    }
    if (const auto* inner = node.as_table()) return {table(*inner), where};
    if (const auto* elements = node.as_array()) {
      Array array;
      for (const auto& element : *elements) array.push_back(value(element));
      return {std::move(array), where};
    }
    throw Error(ErrorKind::kConfig, "no option takes dates or times", where.to_string(),
                "put quotes around it if it is text");
  }

  SourceName source_;
};

/// Rejects keys and values nested deeper than Assay allows, before a parser builds tables from them: `[a.b.c]` nests
/// just like brackets.
void check_depth(std::string_view text, const std::string& source) {
  std::vector<int> open;      // how many levels each open bracket adds
  int above = 0;              // their sum
  int num_dots = 0;           // in the current key or number
  int num_dots_of_value = 0;  // in the key of the current value
  std::size_t line_start = 0;
  int line = 1;
  const auto fail_at = [&](std::size_t at) {
    throw Error(ErrorKind::kConfig, fmt::format("not valid TOML: it nests more than {} levels deep", kMaxDepth),
                fmt::format("{}:{}:{}", source, line, at - line_start + 1));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' || c == '\'') {
      const auto end = end_of_text(text, i);
      for (; i + 1 < end; ++i) {
        if (text[i] != '\n') continue;
        ++line;
        line_start = i + 1;
      }
    } else if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
    } else if (c == '.') {
      ++num_dots;
    } else if (c == '=') {
      num_dots_of_value = std::exchange(num_dots, 0);
    } else if (c == '[' || c == '{') {
      above += open.emplace_back(num_dots_of_value + 1);
      num_dots = num_dots_of_value = 0;
    } else if (c == ']' || c == '}') {
      if (!open.empty()) {
        above -= open.back();
        open.pop_back();
      }
      num_dots = num_dots_of_value = 0;
    } else if (c == ',' || c == '\n') {
      num_dots = num_dots_of_value = 0;
    }
    if (c == '\n') {
      ++line;
      line_start = i + 1;
    }
    if (above + num_dots > kMaxDepth) fail_at(i);
  }
}

void write_section(const Table& table, const std::string& path, std::string& text) {
  std::string lines;
  for (const auto& [key, value] : table.entries()) {
    if (value.get_if<Table>() != nullptr) continue;
    lines += fmt::format("{} = {}  # {}\n", key, value.to_toml(), value.origin().to_string());
  }
  if (!lines.empty() && !path.empty()) text += fmt::format("\n[{}]\n", path);
  text += lines;
  for (const auto& [key, value] : table.entries()) {
    const auto* inner = value.get_if<Table>();
    if (inner != nullptr) write_section(*inner, path.empty() ? key : path + "." + key, text);
  }
}

}  // namespace

Table parse_toml(std::string_view text, const std::string& source) {
  check_depth(text, source);
  try {
    return Converter(source).table(toml::parse(text, source));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(ErrorKind::kConfig, fmt::format("not valid TOML: {}", error.description()),
                fmt::format("{}:{}:{}", source, begin.line, begin.column));
  }
}

Table read_toml(const std::filesystem::path& path) { return parse_toml(read_file(path), path.string()); }

std::string write_toml(const Table& table) {
  std::string text;
  write_section(table, "", text);
  return redact_logins(std::move(text));
}

}  // namespace assay::config
