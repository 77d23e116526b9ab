// The Markdown of a document.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "report/document.h"

namespace assay::report {
namespace {

constexpr std::string_view kSpecialCharacters = "\\`*_{}[]<>#|~!&$@";

// Returns the length of the longest row of backticks in `text`, so that a fence can be longer.
std::size_t longest_backticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t current = 0;
  for (const auto byte : text) {
    current = byte == '`' ? current + 1 : 0;
    longest = std::max(longest, current);
  }
  return longest;
}

bool is_word(char byte) { return std::isalnum(static_cast<unsigned char>(byte)) != 0; }

std::string code_span(std::string_view text) {
  const std::string fence(longest_backticks(text) + 1, '`');
  std::string inside;
  for (const auto byte : single_line(text)) inside += byte == '|' ? "\\|" : std::string(1, byte);
  return fence.size() == 1 ? fence + inside + fence : fence + " " + inside + " " + fence;
}

std::string percent_encode(std::string_view url) {
  std::string encoded;
  for (const auto byte : url) {
    const bool unsafe =
        static_cast<unsigned char>(byte) <= 0x20 || std::string_view("()<>\"`|\\").find(byte) != std::string_view::npos;
    encoded += unsafe ? fmt::format("%{:02X}", static_cast<unsigned char>(byte)) : std::string(1, byte);
  }
  return encoded;
}

std::string write(const Span& span) {
  auto text = escape_markdown(span.text);
  if (span.style == Style::kCode) text = code_span(span.text);
  if (span.style == Style::kStrong || !verdict_word(span.style).empty()) text = "**" + text + "**";
  if (is_followable(span.url)) text = fmt::format("[{}]({})", text, percent_encode(span.url));
  return text;
}

std::string write(const Text& text) {
  std::string line;
  for (const auto& span : text) line += write(span);
  return line;
}

class MarkdownWriter {
 public:
  MarkdownWriter(const Document& document, std::string_view charts_folder)
      : document_(document), charts_folder_(charts_folder) {}

  std::string run() {
    line("# " + escape_markdown(document_.title));
    line(escape_markdown(document_.subtitle));
    for (const auto& notice : document_.notices) (*this)(notice);
    for (const auto& block : document_.blocks) std::visit(*this, block);
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

  void operator()(const Heading& heading) {
    line(std::string(static_cast<std::size_t>(heading.level), '#') + " " + escape_markdown(heading.text));
  }
  void operator()(const Paragraph& paragraph) { line(write(paragraph.text)); }
  void operator()(const Notice& notice) { line("> " + write(notice.text)); }
  void operator()(const CodeBlock& block) {
    const std::string fence(std::max<std::size_t>(3, longest_backticks(block.text) + 1), '`');
    line(fmt::format("{}\n{}\n{}", fence, block.text, fence));
  }
  void operator()(const Table& table) {
    std::string text = "|";
    for (const auto& column : table.columns) text += fmt::format(" {} |", escape_markdown(column.title));
    text += "\n|";
    for (const auto& column : table.columns) text += column.numeric ? "---:|" : "---|";
    for (const auto& row : table.rows) {
      text += "\n|";
      for (const auto& cell : row.cells) text += fmt::format(" {} |", write(cell));
    }
    line(text);
  }
  void operator()(const Facts& facts) {
    std::string text;
    for (const auto& [name, value] : facts.items)
      text += fmt::format("- {}: {}\n", escape_markdown(name), write(value));
    if (!text.empty()) text.pop_back();
    line(text);
  }
  void operator()(const Cards& cards) {
    std::string text;
    for (const auto& card : cards.cards) {
      text +=
          fmt::format("- {}: **{}**, {} ({}; target: {})\n", escape_markdown(card.label), escape_markdown(card.figure),
                      verdict_word(card.verdict), escape_markdown(card.change), escape_markdown(card.target));
    }
    if (!text.empty()) text.pop_back();
    line(text);
  }
  void operator()(const Figures& figures) {
    for (const auto& [index, caption] : figures.charts) {
      const auto& chart = document_.charts[index];
      if (chart.svg.empty()) continue;
      line(fmt::format("![{}]({}/{}.svg)", escape_markdown(chart.description), charts_folder_, chart.name));
      line(fmt::format("{} [Specification and data]({}/{}.vl.json)", escape_markdown(caption), charts_folder_,
                       chart.name));
    }
  }
  void operator()(const Details& details) {
    line(escape_markdown(details.summary) + ":");
    std::string text;
    for (const auto& item : details.lines) text += fmt::format("- {}\n", write(item));
    if (!text.empty()) text.pop_back();
    line(text);
  }

 private:
  // A blank line follows every block.
  void line(std::string_view text) { out_ += fmt::format("{}\n\n", text); }

  const Document& document_;
  std::string charts_folder_;
  std::string out_;
};

}  // namespace

std::string escape_markdown(std::string_view text) {
  const auto line = single_line(text);
  std::string escaped;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const auto byte = line[i];
    // A list marker counts only at the start of a line, where text may end up.
    const bool marker = i == 0 && (byte == '-' || byte == '+' || byte == '=');
    const bool number = i > 0 && (byte == '.' || byte == ')') &&
                        std::all_of(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(i),
                                    [](unsigned char digit) { return std::isdigit(digit) != 0; }) &&
                        (i + 1 == line.size() || line[i + 1] == ' ');
    // GitHub's Markdown takes an underscore inside a word literally, which reads better.
    const bool inside_word =
        byte == '_' && i > 0 && i + 1 < line.size() && is_word(line[i - 1]) && is_word(line[i + 1]);
    if (marker || number || (!inside_word && kSpecialCharacters.find(byte) != std::string_view::npos)) escaped += '\\';
    escaped += byte;
  }
  return escaped;
}

std::string to_markdown(const Document& document, std::string_view charts_folder) {
  return MarkdownWriter(document, charts_folder).run();
}

}  // namespace assay::report
