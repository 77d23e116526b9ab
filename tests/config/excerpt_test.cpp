#include "config/excerpt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "temporary_folder.h"

namespace assay::config {
namespace {

TEST(ExcerptTest, PutsACaretUnderEachPlace) {
  const TemporaryFolder folder;
  const auto file = folder.write("a.toml", "# ä comment\nnäme = 3\n").string();
  EXPECT_EQ(with_excerpts(fmt::format("2 mistakes:\n- x is bad ({0}:2:8)\n  hint: mend it\n- y ({0}:1:1)", file)),
            fmt::format("2 mistakes:\n- x is bad ({0}:2:8)\n  näme = 3\n         ^\n  hint: mend it\n- y ({0}:1:1)\n"
                        "  # ä comment\n  ^",
                        file));
}

TEST(ExcerptTest, LeavesOtherTextAlone) {
  for (const auto* text : {"no place", "gone (/nonexistent/file:3:4)", "override (override 2: `a=b`)", "end (a.toml)"})
    EXPECT_EQ(with_excerpts(text), text);
}

TEST(ExcerptTest, ShowsNoLogin) {
  const TemporaryFolder folder;
  const auto file = folder.write("a.toml", "track.uri = \"http://u:PW@h\" x\n");
  const auto text = with_excerpts("not valid TOML (" + file.string() + ":1:30)");
  EXPECT_EQ(text.find("PW"), std::string::npos) << text;
  EXPECT_NE(text.find("http://***@h"), std::string::npos) << text;
}

}  // namespace
}  // namespace assay::config
