#include "config/grammar.h"

#include <chrono>

#include "grammar_values.h"

namespace assay::config {
namespace {

std::string message_of(const std::string& argument) {
  try {
    parse_override(argument, 2);
  } catch (const Error& error) {
    return error.message();
  }
  return "no error";
}

std::string hint_of(const std::string& argument) {
  try {
    parse_override(argument, 2);
  } catch (const Error& error) {
    return error.hint();
  }
  return "no error";
}

std::string repeated(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

// --- Keys and actions ---

TEST(GrammarTest, PrefixesSelectTheAction) {
  EXPECT_EQ(parse_override("k=1", 1).action, Override::Action::kChange);
  EXPECT_EQ(parse_override("+k=1", 1).action, Override::Action::kAdd);
  EXPECT_EQ(parse_override("++k=1", 1).action, Override::Action::kForce);
  EXPECT_EQ(parse_override("~k", 1).action, Override::Action::kDelete);
  EXPECT_TRUE(parse_override("~k", 1).values.empty());
  EXPECT_EQ(parse_override("~k=1", 1).values.at(0).to_toml(), "1");
  EXPECT_EQ(parse_override("~k=", 1).values.at(0).to_toml(), "\"\"");
}

TEST(GrammarTest, KeysArePathsOrGroups) {
  for (const std::string key :
       {"k", "a.b.c", "train/schedule", "a/b/c", "widths.0", "a.0.b", "$k", "a.$b", "a-b", "_x", "0.a"}) {
    const auto result = parse_override(key + "=1", 1);
    EXPECT_EQ(result.key, key);
    EXPECT_EQ(result.package, std::nullopt);
  }
}

TEST(GrammarTest, PackageStandsBehindTheAtSign) {
  EXPECT_EQ(parse_override("data@train.source=x", 1).key, "data");
  EXPECT_EQ(parse_override("data@train.source=x", 1).package, "train.source");
  EXPECT_EQ(parse_override("a/b@_global_=x", 1).package, "_global_");
  EXPECT_EQ(parse_override("data@=x", 1).package, "");
  EXPECT_EQ(parse_override("~data@", 1).package, "");
  EXPECT_EQ(parse_override("~data@source", 1).package, "source");
}

TEST(GrammarTest, RefusesWhatIsNoKey) {
  for (const std::string argument :
       {"",     "=1",    "@p=1",   "~",       "k",       "+k",      "1=1",     "a.=1",   ".a=1",   "a..b=1",
        "a/=1", "/a=1",  "a//b=1", "a/b.c=1", "a.b/c=1", "a b=1",   " k=1",    "k =1",   "k:1",    "+++k=1",
        "~~k",  "+~k=1", "é=1",    "a[0]=1",  "a.01=1",  "k@a/b=1", "k@a:b=1", "k@@a=1", "$a/b=1", "a,b=1"}) {
    SCOPED_TRACE(argument);
    EXPECT_ERROR(parse_override(argument, 1), kConfig, "override 1: `");
  }
}

TEST(GrammarTest, RemembersTextAndOrigin) {
  const auto result = parse_override("+k= [a, {b: 1}]", 3);
  EXPECT_EQ(result.text, "+k= [a, {b: 1}]");
  EXPECT_EQ(result.origin.to_string(), "override 3: `+k= [a, {b: 1}]`");
  const auto& list = result.values.at(0);
  const auto& table = list.get_if<Array>()->at(1);
  EXPECT_EQ(list.origin().to_string(), result.origin.to_string());
  EXPECT_EQ(table.get_if<Table>()->find("b")->origin().to_string(), result.origin.to_string());
}

// --- Primitives ---

TEST(GrammarTest, ReadsReservedWordsInAnyCase) {
  expect_values({{"null", "\"${null}\""},
                 {"NULL", "\"${null}\""},
                 {"true", "true"},
                 {"TrUe", "true"},
                 {"FALSE", "false"},
                 {"inf", "inf"},
                 {"+Inf", "inf"},
                 {"-INF", "-inf"},
                 {"NaN", "nan"},
                 {"-nan", "nan"}});
  EXPECT_NE(parse_override("k=null", 1).values.at(0).get_if<Null>(), nullptr);
  expect_values(
      {{"nulls", "\"nulls\""}, {"true-1", "\"true-1\""}, {"infinity", "\"infinity\""}, {"null x", "\"null x\""}});
}

TEST(GrammarTest, ReadsIntegers) {
  expect_values({{"0", "0"}, {"-0", "0"}, {"+3", "3"}, {"-20", "-20"}, {"1_000_000", "1000000"}, {" 5 ", "5"}});
  expect_values({{"9223372036854775807", "9223372036854775807"}, {"-9223372036854775808", "-9223372036854775808"}});
  expect_values({{"007", "\"007\""}, {"1__0", "\"1__0\""}, {"1_", "\"1_\""}, {"--5", "\"--5\""}, {"0x10", "\"0x10\""}});
}

TEST(GrammarTest, ReadsNumbers) {
  expect_values(
      {{"1e-3", "0.001"}, {".5", "0.5"}, {"1.", "1.0"}, {"-2.25", "-2.25"}, {"1E5", "100000.0"}, {"1.e3", "1000.0"}});
  expect_values({{"1_0.5_0", "10.5"}, {"+.5e-2", "0.005"}, {"1e1_0", "10000000000.0"}});
  expect_values({{"00.5", "\"00.5\""}, {"1.2.3", "\"1.2.3\""}, {"1e", "\"1e\""}, {".", "\".\""}, {".e3", "\".e3\""}});
}

TEST(GrammarTest, RefusesNumbersThatDoNotFit) {
  expect_refused({"9223372036854775808", "-9223372036854775809", "123456789012345678901234567890"}, "beyond 64 bits");
  expect_refused({"1e999", "-1e999", "1e-999"}, "beyond the range of 64 bits");
  expect_refused({repeated("9", 100'000), "[" + repeated("9", 100'000) + "]"}, "beyond 64 bits");
}

TEST(GrammarTest, UnquotedTextKeepsInnerBlanks) {
  expect_values({{"", "\"\""},
                 {"  ", "\"\""},
                 {"two  words", "\"two  words\""},
                 {" a b\t", "\"a b\""},
                 {"a\tb", "\"a\\u0009b\""}});
  expect_values({{"1 2", "\"1 2\""}, {"[ a b , c ]", "[\"a b\", \"c\"]"}});
}

TEST(GrammarTest, UnquotedTextHoldsTheCharactersOfPathsAndAddresses) {
  expect_values({{"/a/b-c+d.e", "\"/a/b-c+d.e\""}, {"a%b*c@d?e|f$", "\"a%b*c@d?e|f$\""}, {"C:\\dir", "\"C:\\\\dir\""}});
  expect_values(
      {{"http://x.y:80/z?q", "\"http://x.y:80/z?q\""}, {":", "\":\""}, {"a : b", "\"a : b\""}, {"a: ", "\"a: \""}});
  expect_refused({"a#b", "a&b", "~a", "a;b", "a<b", "a!b", "é", "a'b", "it's", "a\nb", "a\x01"});
}

TEST(GrammarTest, BackslashEscapesDelimiters) {
  expect_values(
      {{"\\(\\)\\[\\]\\{\\}", "\"()[]{}\""}, {"a\\,b", "\"a,b\""}, {"a\\=b", "\"a=b\""}, {"a\\:b", "\"a:b\""}});
  expect_values(
      {{"a\\ ", "\"a \""}, {"\\\\", "\"\\\\\""}, {"\\x", "\"\\\\x\""}, {"\\", "\"\\\\\""}, {"1\\ ", "\"1 \""}});
}

TEST(GrammarTest, QuotesMakeStrings) {
  expect_values(
      {{"'1'", "\"1\""}, {"\"null\"", "\"null\""}, {"''", "\"\""}, {"' a '", "\" a \""}, {"'a=b, [c'", "\"a=b, [c\""}});
  expect_values({{"'é ü'", "\"é ü\""},
                 {"'a\nb'", "\"a\\nb\""},
                 {"'\"'", "\"\\\"\""},
                 {"\"'\"", "\"'\""},
                 {"'${a}'", "\"${a}\""}});
}

TEST(GrammarTest, BackslashesEscapeQuotesAndThemselvesBeforeQuotes) {
  expect_values({{R"('it\'s')", R"("it's")"},
                 {R"("a\"b")", R"("a\"b")"},
                 {R"('\\')", R"("\\")"},
                 {R"('a\\\\')", R"("a\\\\")"},
                 {R"('a\\\'b')", R"("a\\'b")"},
                 {R"('a\\b')", R"("a\\\\b")"},
                 {R"('a\nb')", R"("a\\nb")"},
                 {R"("a\'b")", R"("a\\'b")"}});
  expect_refused({"'a", "\"", R"('\')", R"('a\')", R"('a\\\')"}, "without its closing quote");
  expect_refused({"'a'b", "''a", "'a' 'b'", "'a' "});
}

// --- Lists, tables, interpolations ---

TEST(GrammarTest, ReadsLists) {
  expect_values({{"[]", "[]"},
                 {"[ ]", "[]"},
                 {"[1, a,'b' ,[2.5,null]]", "[1, \"a\", \"b\", [2.5, \"${null}\"]]"},
                 {"[a:b]", "[\"a:b\"]"}});
  expect_refused({"[", "]", "[1,", "[1", "[1,]", "[,1]", "[1,,2]", "[1]]", "[1] ", "[1}", "[1 [2]]", "[a=1]", "[1]2"});
}

TEST(GrammarTest, ReadsTables) {
  expect_values({{"{}", "{}"},
                 {"{a:1, b : x y ,c: {d:[1]}}", "{a = 1, b = \"x y\", c = {d = [1]}}"},
                 {"{a: b: c}", "{a = \"b: c\"}"}});
  expect_values({{"{1: a, true: b, null: c, x y: d}", "{1 = \"a\", true = \"b\", null = \"c\", \"x y\" = \"d\"}"}});
  expect_values({{"{a\\:b: 1}", "{\"a:b\" = 1}"}, {"{a:1,b:2,a:3}", "{a = 3, b = 2}"}});
  expect_refused(
      {"{", "}", "{a}", "{a:}", "{a:1,}", "{:1}", "{'a':1}", "{a:1]", "{${x}:1}", "{a=1}", "{a:1}b", "{[1]:2}"});
}

TEST(GrammarTest, InterpolationsStayAsTheyAre) {
  expect_values(
      {{"${a.b}", "\"${a.b}\""}, {"x${a}y ${b}", "\"x${a}y ${b}\""}, {"${oc.env:USER,me}", "\"${oc.env:USER,me}\""}});
  expect_values(
      {{"[${a},${b}]", "[\"${a}\", \"${b}\"]"}, {"{k: ${a}}", "{k = \"${a}\"}"}, {"${f:[1,2]}", "\"${f:[1,2]}\""}});
  expect_values({{"\\${a}", "\"\\\\${a}\""}, {"$a", "\"$a\""}});
  expect_refused({"${}", "${", "${a", "$ {a}"});
}

TEST(GrammarTest, InterpolationsNest) {
  expect_values({{"${a.${b}}", "\"${a.${b}}\""},
                 {"${f:{a:1},${g:${h}}}", "\"${f:{a:1},${g:${h}}}\""},
                 {"${f:'}'}", "\"${f:'}'}\""}});
  expect_values({{"${f:\\}}", "\"${f:\\\\}}\""}, {"[${a.${b}},1]", "[\"${a.${b}}\", 1]"}});
  expect_refused({"${a.${b}", "${a{b}", "${a}}"});
}

TEST(GrammarTest, ElementsAreReadByThemselves) {
  const Origin origin{"file.toml", 3, 5};
  EXPECT_EQ(parse_element(" [1, a]", origin).to_toml(), "[1, \"a\"]");
  EXPECT_EQ(parse_element("int('3')", origin).origin().to_string(), "file.toml:3:5");
  EXPECT_EQ(parse_element("", origin).to_toml(), "\"\"");
  EXPECT_EQ(parse_element("${a.${b}}", origin).to_toml(), "\"${a.${b}}\"");
  EXPECT_ERROR(parse_element("1,2", origin), kConfig, "file.toml:3:5");
  EXPECT_ERROR(parse_element("choice(1,2)", origin), kConfig, "a sweep cannot stand inside");
  EXPECT_ERROR(parse_element("\xff", origin), kConfig, "byte 1 is not UTF-8");
}

// --- Errors ---

TEST(GrammarTest, ErrorsPointAtTheSpot) {
  EXPECT_EQ(message_of("train.epochs==5"), "an unexpected `=`, expected a value");
  EXPECT_THAT(hint_of("train.epochs==5"), testing::EndsWith("\n  train.epochs==5\n               ^"));
  EXPECT_EQ(message_of("k=[1,2"), "the text ends where `,` or `]` is expected");
  EXPECT_THAT(hint_of("k=[1,2"), testing::EndsWith("\n  k=[1,2\n        ^"));
  EXPECT_THAT(hint_of("k=[1, int(a)]"), testing::EndsWith("\n  k=[1, int(a)]\n        ^"));
  EXPECT_ERROR(parse_override("train.epochs==5", 2), kConfig, "(override 2: `train.epochs==5`)");
}

TEST(GrammarTest, CaretCountsCharactersNotBytes) {
  EXPECT_THAT(hint_of("k=['éü',é]"), testing::EndsWith("\n  k=['éü',é]\n          ^"));
}

TEST(GrammarTest, HintsSayHowToQuote) {
  EXPECT_THAT(hint_of("k=a=b"), testing::HasSubstr("needs quotes: key='\"a=b\"'"));
  EXPECT_THAT(hint_of("k=[1,"), testing::HasSubstr("'key=[1, 2]'"));
  EXPECT_THAT(hint_of("k=a#b"), testing::HasSubstr("needs quotes"));
  EXPECT_THAT(hint_of("k =1"), testing::HasSubstr("write key=value"));
}

TEST(GrammarTest, LongArgumentsAreShownInPart) {
  const auto argument = "k=" + std::string(500'000, 'a') + "#" + std::string(500'000, 'b');
  EXPECT_ERROR(parse_override(argument, 1), kConfig, "aaaa#bbbb");
  EXPECT_LT(hint_of(argument).size(), 300U);
  EXPECT_THAT(hint_of(argument), testing::EndsWith("\n  ..." + std::string(30, 'a') + "#" + std::string(29, 'b') +
                                                   "...\n  " + std::string(33, ' ') + "^"));
  EXPECT_LT(parse_override("k=" + std::string(1'000'000, 'a'), 1).origin.to_string().size(), 100U);
  EXPECT_THAT(hint_of("k='" + repeated("é", 100'000)), testing::Not(testing::HasSubstr("\xEF\xBF\xBD")));
}

TEST(GrammarTest, InvalidUtf8IsRefusedAndNeverShown) {
  for (const std::string bytes :
       {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80", "\xf0\x80\x80\x80"}) {
    SCOPED_TRACE(testing::PrintToString(bytes));
    EXPECT_ERROR(parse_override("k='" + bytes + "'", 1), kConfig, "byte 4 is not UTF-8");
    EXPECT_ERROR(parse_override("k='" + bytes, 1), kConfig, "`k='\xEF\xBF\xBD");
  }
  expect_values({{"'\xf0\x9f\x98\x80'", "\"\xf0\x9f\x98\x80\""}});
}

TEST(GrammarTest, ControlCharactersAreShownAsOneColumn) {
  EXPECT_THAT(hint_of("k=a\x1b[0m"), testing::EndsWith("\n  k=a\xEF\xBF\xBD[0m\n     ^"));
  EXPECT_THAT(hint_of("k=a\nb"), testing::EndsWith("\n  k=a b\n     ^"));
  EXPECT_THAT(message_of(std::string("k=a\0b", 5)), testing::HasSubstr("unexpected `\xEF\xBF\xBD`"));
}

TEST(GrammarTest, DepthIsLimited) {
  EXPECT_NO_THROW(parse_override("k=" + repeated("[", 200) + repeated("]", 200), 1));
  expect_refused({repeated("[", 201) + repeated("]", 201), repeated("[", 10'000), repeated("{a:", 10'000),
                  repeated("int(", 10'000), repeated("${", 10'000), repeated("[", 10'000) + repeated("]", 10'000),
                  repeated("int(value=", 10'000)},
                 "more than 200 levels deep");
}

TEST(GrammarTest, TimeGrowsWithTheLengthOnly) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(values("'" + std::string(1'000'000, 'x') + "'").size(), 1'000'002U);
  EXPECT_EQ(parse_override("k=[" + repeated("1,", 100'000) + "1]", 1).values.at(0).get_if<Array>()->size(), 100'001U);
  expect_refused({"${" + repeated("'\\'", 300'000), "'" + repeated("\\'", 500'000), repeated("(", 1'000'000),
                  repeated("a ", 500'000) + "="});
  EXPECT_EQ(values(repeated("a:", 500'000)).size(), 1'000'002U);
  EXPECT_EQ(values("'" + repeated("\\", 1'000'000) + "'").size(), 1'000'002U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace assay::config
