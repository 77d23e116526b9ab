// Opens the report in a real browser without network access.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <string_view>

#include "core/file.h"
#include "report/renderer.h"
#include "temporary_folder.h"
#include "tool/run_assay.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string find_chromium() {
  for (const auto* name : {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"}) {
    if (fs::exists(name)) return name;
  }
  return "";
}

class ReportPageTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (find_chromium().empty()) GTEST_SKIP() << "no chromium on this machine";
    const auto python = report::find_python(ASSAY_SOURCE_DIR);
    if (python.empty()) GTEST_SKIP() << "no Python environment: run `make setup`, or set ASSAY_PYTHON";
    ::setenv("ASSAY_PYTHON", python.c_str(), 1);
    const auto made = run_assay({"report", sample_runs(), "--out", folder_.path().string()});
    ASSERT_EQ(made.code, 0) << made.output;
    ASSERT_THAT(made.output, Not(HasSubstr("charts not rendered")));
    page_ = folder_.path() / "report.html";
  }

  // Opens the page with every host name unknown.
  report::ProcessResult open(std::vector<std::string> options) const {
    std::vector<std::string> command = {find_chromium(),
                                        "--headless",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--hide-scrollbars",
                                        "--host-resolver-rules=MAP * ~NOTFOUND",
                                        "--user-data-dir=" + (folder_.path() / "profile").string()};
    command.insert(command.end(), options.begin(), options.end());
    command.push_back("file://" + page_.string());
    return report::run_process(command, std::chrono::minutes(2));
  }

  // Writes the DOM of the opened page to a file, since it exceeds the output limit of run_process.
  void open_to_file(const fs::path& file) const {
    const auto command =
        "exec \"$0\" --headless --no-sandbox --disable-gpu '--host-resolver-rules=MAP * ~NOTFOUND' --dump-dom "
        "--user-data-dir=\"$3\" \"$1\" > \"$2\"";
    const auto profile = (folder_.path() / "profile").string();
    const auto result =
        report::run_process({"sh", "-c", command, find_chromium(), "file://" + page_.string(), file.string(), profile},
                            std::chrono::minutes(2));
    ASSERT_EQ(result.code, 0) << result.output;
  }

  TemporaryFolder folder_;
  fs::path page_;
};

TEST_F(ReportPageTest, NamesNothingOutsideItself) {
  const auto html = read_file(page_);
  for (const auto* part :
       {"<script", "<img", "<iframe", "<object", "<embed", "<image", "src=", "@import", "url(http"}) {
    EXPECT_THAT(html, Not(HasSubstr(part)));
  }
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
}

TEST_F(ReportPageTest, ShowsItsChartsWithoutNetwork) {
  const auto picture = folder_.path() / "page.png";
  const auto result = open({"--window-size=1200,2400", "--enable-logging=stderr", "--screenshot=" + picture.string()});
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_GT(read_file(picture).size(), 50'000U);
  EXPECT_THAT(result.output, AllOf(Not(HasSubstr("ERR_NAME_NOT_RESOLVED")), Not(HasSubstr("Refused to"))));
}

TEST_F(ReportPageTest, BrowserParsesTablesAndThreeCharts) {
  // The DOM contains the whole page: no text of a record breaks out of it.
  const auto dom = folder_.path() / "dom.html";
  open_to_file(dom);
  const auto text = read_file(dom);
  const auto count = [&](std::string_view part) {
    int found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  };
  EXPECT_EQ(count("<svg "), 3);
  EXPECT_EQ(count("<table>"), 3);
  EXPECT_EQ(count("<section>"), 1);
}

}  // namespace
}  // namespace assay
