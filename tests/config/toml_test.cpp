#include "config/toml.h"

#include <gtest/gtest.h>

#include "config/depth.h"
#include "expect_error.h"

namespace assay::config {
namespace {

std::string dotted(int num_parts) {
  std::string key = "a";
  for (int i = 1; i < num_parts; ++i) key += ".a";
  return key;
}

TEST(TomlTest, DeepKeysAreMistakes) {
  EXPECT_ERROR(parse_toml("x = 1\n[" + dotted(12'600) + "]\n", "a.toml"), kConfig, "(a.toml:2:");
  EXPECT_ERROR(parse_toml(dotted(12'600) + " = 1\n", "a.toml"), kConfig, "nests more than 200 levels deep");
  std::string inline_tables;
  for (int i = 0; i < 100; ++i) inline_tables += dotted(150) + " = {";
  EXPECT_ERROR(parse_toml(inline_tables + std::string(100, '}'), "a.toml"), kConfig, "nests more than 200 levels deep");
  EXPECT_ERROR(parse_toml("a = " + std::string(5000, '['), "a.toml"), kConfig, "nests more than 200 levels deep");
  EXPECT_NO_THROW(parse_toml("[" + dotted(150) + "]\n", "a.toml"));
}

TEST(TomlTest, DotsAndBracketsInTextAndNumbersDoNotNest) {
  const std::string dots(1000, '.');
  const std::string brackets(1000, '[');
  std::string numbers = "0.5";
  for (int i = 0; i < 1000; ++i) numbers += ", 0.5";
  const auto text = R"(a = "\")" + dots + brackets + "\"\nb = '" + dots + "' # '" + dots + "\nc = [" + numbers +
                    "]\nd = \"\"\"\n" + brackets + "\"\"\"\ne = '''" + dots + "\n'''\n\"f" + dots + "\" = 1\n";
  EXPECT_EQ(parse_toml(text, "a.toml").entries().size(), 6U);
}

}  // namespace
}  // namespace assay::config
