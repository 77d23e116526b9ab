#include "report/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kHostile = "<img src=x onerror=alert(1)> | `code` **bold** [a](javascript:b) \"q\" 'r' &amp;";

Document document_with(Block block) {
  Document document;
  document.title = "T";
  document.blocks.push_back(std::move(block));
  return document;
}

TEST(DocumentTest, HtmlShowsTextLiterally) {
  EXPECT_EQ(escape_html("<a href=\"x\">'&'</a>"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
  EXPECT_EQ(escape_html(std::string_view("a\0b\x1b", 4)), "a b ");
  const Table table{{{"C"}}, {{{{{kHostile}}}}}};
  for (const auto& block :
       {Block(Paragraph{plain(kHostile)}), Block(table), Block(Facts{{{kHostile, plain(kHostile)}}}),
        Block(Heading{3, kHostile, kHostile}), Block(CodeBlock{kHostile}), Block(Notice{Style::kMet, plain(kHostile)}),
        Block(Cards{{{kHostile, kHostile, kHostile, kHostile, Style::kMet}}}),
        Block(Details{kHostile, {plain(kHostile)}})}) {
    EXPECT_THAT(to_html(document_with(block)), Not(HasSubstr("<img")));
  }
}

TEST(DocumentTest, MarkdownShowsTextLiterally) {
  EXPECT_EQ(escape_markdown("a|b*c<d>[e]`f`"), "a\\|b\\*c\\<d\\>\\[e\\]\\`f\\`");
  EXPECT_EQ(escape_markdown("line\n# no heading"), "line \\# no heading");
  EXPECT_EQ(escape_markdown("- no list"), "\\- no list");
  EXPECT_EQ(escape_markdown("1. no list"), "1\\. no list");
  EXPECT_EQ(escape_markdown("snake_case _emphasis_"), "snake_case \\_emphasis\\_");
  EXPECT_EQ(escape_markdown("93.50 % at 1.5"), "93.50 % at 1.5");
}

TEST(DocumentTest, MarkdownCodeOutlastsBackticksAndBars) {
  const auto text = to_markdown(document_with(Paragraph{{{"a`b|c\nd", Style::kCode}}}), "charts");
  EXPECT_THAT(text, HasSubstr("`` a`b\\|c d ``"));
  EXPECT_THAT(to_markdown(document_with(CodeBlock{"x\n```\ny"}), "charts"), HasSubstr("````\nx\n```\ny\n````"));
}

TEST(DocumentTest, LinksOnlyToTheWeb) {
  const auto linked = to_html(document_with(Paragraph{{{"page", Style::kPlain, "https://h/x?a=1&b=\"2\""}}}));
  EXPECT_THAT(linked, HasSubstr("<a href=\"https://h/x?a=1&amp;b=&quot;2&quot;\">page</a>"));
  const Document hostile = document_with(Paragraph{{{"page", Style::kPlain, "javascript:alert(1)"}}});
  EXPECT_THAT(to_html(hostile), Not(HasSubstr("javascript:")));
  EXPECT_THAT(to_markdown(hostile, "charts"), Not(HasSubstr("javascript:")));
  const auto markdown = to_markdown(document_with(Paragraph{{{"page", Style::kPlain, "https://h/a) b"}}}), "charts");
  EXPECT_THAT(markdown, HasSubstr("[page](https://h/a%29%20b)"));
}

TEST(DocumentTest, SeveralPicturesKeepTheirIdentifiersApart) {
  Document document;
  document.charts = {{"a", "A", Json::object(), "<svg><g id=\"clip0\"/><g clip-path=\"url(#clip0)\"/></svg>", ""},
                     {"b", "B", Json::object(), "<svg><g id=\"clip0\"/></svg>", ""}};
  document.blocks.emplace_back(Figures{{{0, "first"}, {1, "second"}}});
  const auto html = to_html(document);
  EXPECT_THAT(html, HasSubstr("id=\"chart0-clip0\""));
  EXPECT_THAT(html, HasSubstr("url(#chart0-clip0)"));
  EXPECT_THAT(html, HasSubstr("id=\"chart1-clip0\""));
}

TEST(DocumentTest, ChartThatWasNotRenderedKeepsItsData) {
  Document document;
  document.charts = {{"a", "A", Json{{"data", "figures"}}, "", ""}};
  document.blocks.emplace_back(Figures{{{0, "caption"}}});
  EXPECT_THAT(to_html(document), HasSubstr("&quot;data&quot;: &quot;figures&quot;"));
  EXPECT_THAT(to_markdown(document, "charts"), Not(HasSubstr("a.svg")));
}

}  // namespace
}  // namespace assay::report
