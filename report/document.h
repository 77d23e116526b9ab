#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/json.h"

namespace assay::report {

/// Style of a piece of text. Verdict styles become badges in HTML and bold text in Markdown.
enum class Style { kPlain, kStrong, kCode, kMet, kMissed, kUnknown, kQuiet };

/// A piece of text of one style. The text is literal: the writers escape it.
struct Span {
  std::string text;
  Style style = Style::kPlain;
  std::string url = "";  ///< a link only if it starts with http:// or https://, or is an #anchor
};
using Text = std::vector<Span>;

inline Text plain(std::string text) { return {{std::move(text)}}; }

/// A chart: a Vega-Lite specification with its data, and its images once rendered.
struct Chart {
  std::string name;         ///< of its files: "household_compression-size"
  std::string description;  ///< text for readers who cannot see it
  Json specification;
  std::string svg;  ///< empty if it could not be rendered
  std::string png;
};

struct Heading {
  int level = 2;
  std::string text;
  std::string anchor;
};
struct Paragraph {
  Text text;
};
/// A remark that must not be overlooked.
struct Notice {
  Style style = Style::kUnknown;  ///< kMissed for an error
  Text text;
};
struct CodeBlock {
  std::string text;
};
struct Column {
  std::string title;
  bool numeric = false;
};
struct Row {
  std::vector<Text> cells;
  bool quiet = false;  ///< a baseline, or a run that did not finish
};
struct Table {
  std::vector<Column> columns;
  std::vector<Row> rows;
};
/// A list of names and values.
struct Facts {
  std::vector<std::pair<std::string, Text>> items;
};
/// One target in the headline.
struct Card {
  std::string label;
  std::string figure;
  std::string change;  ///< "6.20 MB → 1.92 MB"
  std::string target;
  Style verdict = Style::kUnknown;
};
struct Cards {
  std::vector<Card> cards;
};
/// Charts side by side where there is room.
struct Figures {
  std::vector<std::pair<std::size_t, std::string>> charts;  ///< index into Document::charts, caption
};
/// A list of short lines that can be folded.
struct Details {
  std::string summary;
  std::vector<Text> lines;
};

using Block = std::variant<Heading, Paragraph, Notice, CodeBlock, Table, Facts, Cards, Figures, Details>;

/// A report before it is written: the source of both the Markdown and the HTML.
struct Document {
  std::string title;
  std::string subtitle;
  std::vector<Notice> notices;  ///< about the report itself; placed before everything else
  std::vector<Block> blocks;
  std::vector<Chart> charts;
};

/// Returns the words for a verdict style: "met", "MISSED", "not measured"; "" for the others.
std::string_view verdict_word(Style style);

/// Replaces control characters, including line ends, by spaces.
std::string single_line(std::string_view text);

/// Returns whether `url` may become a link.
bool is_followable(std::string_view url);

/// Writes GitHub-flavoured Markdown; charts refer to <charts_folder>/<name>.svg.
std::string to_markdown(const Document& document, std::string_view charts_folder);

/// Escapes text so that Markdown shows it literally.
std::string escape_markdown(std::string_view text);

/// Writes one self-contained page: inline charts, no scripts, no external resources.
std::string to_html(const Document& document);

/// Escapes text so that HTML shows it literally, inside elements and quoted attributes.
std::string escape_html(std::string_view text);

}  // namespace assay::report
