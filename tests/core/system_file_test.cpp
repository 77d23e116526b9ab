#include "core/system_file.h"

#include <gtest/gtest.h>

namespace assay {
namespace {

TEST(FindFieldTest, FindsWholeKeysOnly) {
  const auto text = "MemTotalExtra: 1 kB\nMemTotal:       16000 kB\nusage_usec 77\n";
  EXPECT_EQ(find_field(text, "MemTotal"), "16000 kB");
  EXPECT_EQ(find_field(text, "usage_usec"), "77");
  EXPECT_EQ(find_field(text, "usage"), "");
  EXPECT_EQ(find_field(text, "Total"), "");
}

TEST(ParseCountTest, TakesWholeNumbersOnly) {
  EXPECT_EQ(parse_count(" 16000 kB"), 16000);
  EXPECT_EQ(parse_count("5\n"), 5);
  for (const char* text : {"", "max", "-1", "1.5", "5x", "99999999999999999999"})
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
}

TEST(ReadSystemFileTest, AbsentFileIsEmpty) { EXPECT_EQ(read_system_file("/proc/no such file"), ""); }

TEST(ReadSystemFileTest, WhatCannotBeReadIsEmpty) {
  EXPECT_EQ(read_system_file("/proc"), "") << "a folder";
  EXPECT_EQ(read_system_file("/proc/self/mem"), "") << "opens, but its first page gives EIO";
}

TEST(ReadSystemFileTest, ReadsWhatHasNoSize) { EXPECT_FALSE(read_system_file("/proc/self/cmdline").empty()); }

}  // namespace
}  // namespace assay
