// The HTML page of a document.

#include <fmt/format.h>

#include <string_view>

#include "report/assets.h"
#include "report/document.h"

namespace assay::report {
namespace {

std::string_view css_class(Style style) {
  switch (style) {
    case Style::kMet:
      return "met";
    case Style::kMissed:
      return "missed";
    case Style::kUnknown:
      return "unknown";
    case Style::kQuiet:
      return "quiet";
    default:
      return "";
  }
}

std::string write(const Span& span) {
  auto text = escape_html(span.text);
  if (span.style == Style::kCode) text = "<code>" + text + "</code>";
  if (span.style == Style::kStrong) text = "<strong>" + text + "</strong>";
  if (span.style == Style::kQuiet) text = "<span class=\"quiet\">" + text + "</span>";
  if (!verdict_word(span.style).empty())
    text = fmt::format("<span class=\"badge {}\">{}</span>", css_class(span.style), text);
  if (is_followable(span.url)) text = fmt::format("<a href=\"{}\">{}</a>", escape_html(span.url), text);
  return text;
}

std::string write(const Text& text) {
  std::string line;
  for (const auto& span : text) line += write(span);
  return line;
}

// Keeps the identifiers of several images on one page distinct.
std::string with_own_identifiers(const std::string& svg, std::size_t index) {
  const auto prefix = fmt::format("chart{}-", index);
  auto text = svg;
  for (const std::string_view marker : {" id=\"", "url(#", "href=\"#"}) {
    for (auto at = text.find(marker); at != std::string::npos; at = text.find(marker, at + marker.size())) {
      text.insert(at + marker.size(), prefix);
    }
  }
  return text;
}

class HtmlWriter {
 public:
  explicit HtmlWriter(const Document& document) : document_(document) {}

  std::string run() {
    for (const auto& notice : document_.notices) (*this)(notice);
    for (const auto& block : document_.blocks) std::visit(*this, block);
    if (section_open_) out_ += "</section>\n";
    return fmt::format(fmt::runtime(asset("page.html")), fmt::arg("title", escape_html(document_.title)),
                       fmt::arg("subtitle", escape_html(document_.subtitle)), fmt::arg("style", asset("style.css")),
                       fmt::arg("body", out_));
  }

  void operator()(const Heading& heading) {
    if (heading.level == 2) {
      out_ += section_open_ ? "</section>\n<section>\n" : "<section>\n";
      section_open_ = true;
    }
    const auto anchor = heading.anchor.empty() ? "" : fmt::format(" id=\"{}\"", escape_html(heading.anchor));
    out_ += fmt::format("<h{0}{1}>{2}</h{0}>\n", heading.level, anchor, escape_html(heading.text));
  }
  void operator()(const Paragraph& paragraph) { out_ += fmt::format("<p>{}</p>\n", write(paragraph.text)); }
  void operator()(const Notice& notice) {
    out_ += fmt::format("<p class=\"notice {}\">{}</p>\n", css_class(notice.style), write(notice.text));
  }
  void operator()(const CodeBlock& block) {
    out_ += fmt::format("<pre><code>{}</code></pre>\n", escape_html(block.text));
  }
  void operator()(const Table& table) {
    out_ += "<div class=\"scroll\"><table>\n<thead><tr>";
    for (const auto& column : table.columns) {
      out_ += fmt::format("<th scope=\"col\"{}>{}</th>", column.numeric ? " class=\"number\"" : "",
                          escape_html(column.title));
    }
    out_ += "</tr></thead>\n<tbody>\n";
    for (const auto& row : table.rows) {
      out_ += row.quiet ? "<tr class=\"baseline\">" : "<tr>";
      for (std::size_t i = 0; i < row.cells.size(); ++i) {
        const bool numeric = i < table.columns.size() && table.columns[i].numeric;
        out_ += fmt::format("<td{}>{}</td>", numeric ? " class=\"number\"" : "", write(row.cells[i]));
      }
      out_ += "</tr>\n";
    }
    out_ += "</tbody></table></div>\n";
  }
  void operator()(const Facts& facts) {
    out_ += "<dl>\n";
    for (const auto& [name, value] : facts.items)
      out_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(name), write(value));
    out_ += "</dl>\n";
  }
  void operator()(const Cards& cards) {
    out_ += "<div class=\"cards\">\n";
    for (const auto& card : cards.cards) {
      out_ += fmt::format(
          "<div class=\"card {0}\"><div class=\"label\">{1} <span class=\"badge {0}\">{2}</span></div>"
          "<div class=\"figure\">{3}</div><div>{4}</div><div class=\"quiet\">target: {5}</div></div>\n",
          css_class(card.verdict), escape_html(card.label), verdict_word(card.verdict), escape_html(card.figure),
          escape_html(card.change), escape_html(card.target));
    }
    out_ += "</div>\n";
  }
  void operator()(const Figures& figures) {
    out_ += "<div class=\"figures\">\n";
    for (const auto& [index, caption] : figures.charts) {
      const auto& chart = document_.charts[index];
      const auto picture = chart.svg.empty() ? "<p class=\"quiet\">not rendered; the data are below</p>"
                                             : with_own_identifiers(chart.svg, index);
      out_ += fmt::format(
          "<figure id=\"{}\"><div class=\"chart\" role=\"img\" "
          "aria-label=\"{}\">{}</div>\n<figcaption>{}</figcaption>\n"
          "<details><summary>Specification and data</summary><pre><code>{}</code></pre></details></figure>\n",
          escape_html(chart.name), escape_html(chart.description), picture, escape_html(caption),
          escape_html(format_json(chart.specification, 1)));
    }
    out_ += "</div>\n";
  }
  void operator()(const Details& details) {
    out_ += fmt::format("<details><summary>{}</summary>\n<ul>\n", escape_html(details.summary));
    for (const auto& item : details.lines) out_ += fmt::format("<li>{}</li>\n", write(item));
    out_ += "</ul></details>\n";
  }

 private:
  const Document& document_;
  std::string out_;
  bool section_open_ = false;
};

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  for (const auto byte : text) {
    switch (byte) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default: {
        const bool control = static_cast<unsigned char>(byte) < 0x20 && byte != '\n' && byte != '\t';
        escaped += control || byte == 0x7f ? ' ' : byte;
      }
    }
  }
  return escaped;
}

std::string to_html(const Document& document) { return HtmlWriter(document).run(); }

}  // namespace assay::report
