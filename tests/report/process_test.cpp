#include "report/process.h"

#include <gtest/gtest.h>

#include "core/clock.h"

namespace assay::report {
namespace {

using End = ProcessResult::End;

TEST(ProcessTest, ReturnsCodeAndOutput) {
  const auto result = run_process({"sh", "-c", "echo out; echo err >&2; exit 7"}, std::chrono::seconds(20));
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.output, "out\nerr\n");
}

TEST(ProcessTest, PassesArgumentsUntouched) {
  EXPECT_EQ(run_process({"printf", "%s", "a b'$(c)"}, std::chrono::seconds(20)).output, "a b'$(c)");
}

TEST(ProcessTest, KillsWhatDoesNotEndAndItsChildren) {
  const Stopwatch watch;
  EXPECT_EQ(run_process({"sh", "-c", "sleep 100 & sleep 100"}, std::chrono::milliseconds(200)).end, End::kTimedOut);
  EXPECT_LT(watch.seconds(), 20.0);
}

TEST(ProcessTest, TellsWhenThereIsNoSuchProgram) {
  EXPECT_EQ(run_process({"/no/such/program"}, std::chrono::seconds(20)).end, End::kNotStarted);
}

TEST(ProcessTest, TellsWhichSignalEndedIt) {
  const auto result = run_process({"sh", "-c", "kill -9 $$"}, std::chrono::seconds(20));
  EXPECT_EQ(result.end, End::kSignalled);
  EXPECT_EQ(result.code, 9);
}

}  // namespace
}  // namespace assay::report
