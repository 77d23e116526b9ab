#include "core/json.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace assay {
namespace {

std::string nested(int depth) {
  const auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(JsonTest, ReadsNestingUpToALimit) {
  EXPECT_TRUE(try_parse_json(nested(kMaxJsonDepth)));
  EXPECT_NO_THROW(parse_json(nested(kMaxJsonDepth), "here"));
  EXPECT_FALSE(try_parse_json(nested(kMaxJsonDepth + 1)));
  EXPECT_ERROR(parse_json(nested(kMaxJsonDepth + 1), "here"), kData, "here:byte 101");
  EXPECT_FALSE(try_parse_json(std::string(8'000'000, '[')));
}

TEST(JsonTest, BracketsInTextDoNotNest) {
  const std::string text = R"({"a\"[": ")" + std::string(1000, '[') + R"(\\", "b": [)" + R"("]"]})";
  ASSERT_TRUE(try_parse_json(text));
  EXPECT_EQ(try_parse_json(text)->at("b").at(0), "]");
}

TEST(JsonTest, TellsTextThatIsNoJson) {
  for (const auto* text : {"", "{", "]", "[1,]", "<html>", "{\"a\": 1e999}"})
    EXPECT_FALSE(try_parse_json(text)) << text;
}

TEST(JsonTest, FormatsWhatIsNotUtf8) {
  EXPECT_EQ(format_json({{"name", "caf\xe9"}}), "{\"name\":\"caf\uFFFD\"}");
  EXPECT_EQ(format_json({{"a", {1}}}, 1), "{\n \"a\": [\n  1\n ]\n}");
}

TEST(JsonTest, KnowsUtf8) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("\xc3\xa4pfel \xf0\x9f\x8d\x8e"));
  EXPECT_FALSE(is_utf8("\xe4pfel"));
  EXPECT_FALSE(is_utf8("cut \xf0\x9f"));
}

}  // namespace
}  // namespace assay
