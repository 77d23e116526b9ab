#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "temporary_folder.h"
#include "tool/run_assay.h"

namespace assay {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

// These cases check text; a Python without vl-convert keeps them fast and the same on every machine.
class ReportCommandTest : public ::testing::Test {
 protected:
  void SetUp() override { ::setenv("ASSAY_PYTHON", "/no/such/python", 1); }
  void TearDown() override { ::unsetenv("ASSAY_PYTHON"); }

  std::string out() const { return (folder_.path() / "report").string(); }

  TemporaryFolder folder_;
};

TEST_F(ReportCommandTest, WritesTheReportOfTheSampleRuns) {
  const auto result = run_assay({"report", sample_runs(), "--out", out()});
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(read_file(fs::path(out()) / "report.md"),
              AllOf(HasSubstr("**static int8** meets all three targets"), HasSubstr("1 experiment, 4 runs"),
                    HasSubstr("stopped by signal 15"),
                    HasSubstr("| **float32** | 93.50 % | 92.33 to 94.50 | baseline | 6.20 MB |")));
  EXPECT_THAT(read_file(fs::path(out()) / "report.html"), HasSubstr("meets all three targets"));
}

TEST_F(ReportCommandTest, SaysWhenChartsCouldNotBeRendered) {
  const auto result = run_assay({"report", sample_runs(), "--out", out()});
  EXPECT_THAT(result.output, AllOf(HasSubstr("charts not rendered"), HasSubstr("make setup")));
  EXPECT_THAT(read_file(fs::path(out()) / "report.html"),
              AllOf(HasSubstr("charts not rendered"), Not(HasSubstr("<svg"))));
  EXPECT_TRUE(fs::exists(fs::path(out()) / "charts/household_compression-size.vl.json"));
}

TEST_F(ReportCommandTest, SaysWhenPythonHasNoVlConvert) {
  const auto python = folder_.write("python", "#!/bin/sh\necho \"No module named 'vl_convert'\" >&2\nexit 3\n");
  ::chmod(python.c_str(), 0755);
  ::setenv("ASSAY_PYTHON", python.c_str(), 1);
  const auto result = run_assay({"report", sample_runs(), "--out", out()});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, HasSubstr("has no vl-convert (No module named 'vl_convert'); run `make setup`"));
}

TEST_F(ReportCommandTest, ReportsTheGoodRecordsAndEndsWithThreeForABadOne) {
  const auto bad = folder_.write("runs/e/x/record.json", "{\"format\": 1, \"exp");
  const auto result = run_assay({"report", sample_runs(), bad.string(), "--out", out()});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.output, HasSubstr("skipped " + bad.string()));
  EXPECT_THAT(read_file(fs::path(out()) / "report.md"),
              AllOf(HasSubstr("meets all three targets"), HasSubstr("Skipped records")));
}

TEST_F(ReportCommandTest, NoRecordsIsAUsageErrorThatSaysWhatToDo) {
  const auto result = run_assay({"report", folder_.path().string(), "--out", out()});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.output, HasSubstr("make demo"));
  EXPECT_FALSE(fs::exists(out()));
}

TEST_F(ReportCommandTest, AnUnwritableFolderIsNamed) {
  const auto file = folder_.write("file", "");
  const auto result = run_assay({"report", sample_runs(), "--out", (file / "report").string()});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.output, HasSubstr((file / "report").string()));
}

TEST_F(ReportCommandTest, AServerThatRefusesIsNamed) {
  const auto result =
      run_assay({"report", "--from-mlflow", "e", "--tracking-uri", "http://127.0.0.1:1", "--out", out()});
  EXPECT_EQ(result.code, 3);
  EXPECT_THAT(result.output, HasSubstr("127.0.0.1:1"));
}

TEST_F(ReportCommandTest, UsageErrorsEndWithTwo) {
  EXPECT_EQ(run_assay({}).code, 2);
  EXPECT_EQ(run_assay({"report", "--no-such-option"}).code, 2);
  EXPECT_EQ(run_assay({"report", sample_runs(), "--from-mlflow", "e"}).code, 2);
}

TEST_F(ReportCommandTest, AnswersHelpAndVersion) {
  for (const auto& arguments : std::vector<std::vector<std::string>>{{"--help"}, {"--version"}, {"report", "--help"}}) {
    const auto result = run_assay(arguments);
    EXPECT_EQ(result.code, 0);
    EXPECT_THAT(result.output, HasSubstr("assay"));
  }
}

}  // namespace
}  // namespace assay
