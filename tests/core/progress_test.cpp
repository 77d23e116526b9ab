#include "core/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/stop.h"

namespace assay {
namespace {

TEST(ProgressTest, BarFillsWithTheFraction) {
  EXPECT_EQ(render_bar(0.0, 4), "[....]");
  EXPECT_EQ(render_bar(0.5, 4), "[##..]");
  EXPECT_EQ(render_bar(1.0, 4), "[####]");
  EXPECT_EQ(render_bar(7.0, 4), "[####]");
}

TEST(ProgressTest, MakesTheNoteOnlyWhenTheBarIsDrawn) {
  testing::internal::CaptureStderr();  // not a terminal, so a line every 10 s
  Progress progress("work", 10);
  int num_notes = 0;
  for (int done = 1; done <= 10; ++done) progress.update(done, [&] { return std::to_string(++num_notes); });
  testing::internal::GetCapturedStderr();
  EXPECT_EQ(num_notes, 0);
}

TEST(ClockTest, FormatsDurationsForPeople) {
  EXPECT_EQ(format_duration(0.25), "250 ms");
  EXPECT_EQ(format_duration(12.34), "12.3 s");
  EXPECT_EQ(format_duration(245), "4 min 05 s");
  EXPECT_EQ(format_duration(7380), "2 h 03 min");
}

TEST(ClockTest, FormatsUtc) { EXPECT_EQ(format_utc(1769853600123), "2026-01-31T10:00:00Z"); }

TEST(StopTest, SignalAsksForAnOrderlyEnd) {
  install_stop_handlers();
  EXPECT_NO_THROW(throw_if_stopped());
  std::raise(SIGTERM);
  EXPECT_EQ(stop_signal(), SIGTERM);
  EXPECT_THROW(throw_if_stopped(), Stopped);
  reset_stop_signal();
}

}  // namespace
}  // namespace assay
