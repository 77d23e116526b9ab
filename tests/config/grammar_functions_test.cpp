#include "config/grammar_functions.h"

#include "grammar_values.h"

namespace assay::config {
namespace {

TEST(GrammarFunctionsTest, CommasMakeASweep) {
  expect_values({{"1,2", "1 | 2"},
                 {"a , b c,null", "\"a\" | \"b c\" | \"${null}\""},
                 {"[1,2],[3]", "[1, 2] | [3]"},
                 {"{a:1},x", "{a = 1} | \"x\""}});
  EXPECT_TRUE(parse_override("k=1,2", 1).is_sweep);
  EXPECT_FALSE(parse_override("k=1", 1).is_sweep);
  EXPECT_FALSE(parse_override("k=[1,2]", 1).is_sweep);
  EXPECT_FALSE(parse_override("k='1,2'", 1).is_sweep);
  expect_refused({",", "1,", ",1", "1,,2"});
}

TEST(GrammarFunctionsTest, ChoiceMakesASweep) {
  expect_values({{"choice(a)", "\"a\""},
                 {"choice( 1 ,'2', [3])", "1 | \"2\" | [3]"},
                 {"choice (a,b)", "\"a\" | \"b\""},
                 {"choice(int(1,'2'))", "1 | 2"}});
  EXPECT_TRUE(parse_override("k=choice(a)", 1).is_sweep);
  expect_refused({"choice()", "choice(choice(a))", "choice(range(3))", "choice(a=1)", "choice(a,choice(b))",
                  "choice(a,)", "choice(a", "choice(a)b"});
}

TEST(GrammarFunctionsTest, NullMayBeChosen) {
  expect_values({{"choice(null,a)", "\"${null}\" | \"a\""}, {"sort(null)", "\"${null}\""}});
}

TEST(GrammarFunctionsTest, RangeCountsFromStartTowardsStop) {
  expect_values({{"range(3)", "0 | 1 | 2"},
                 {"range(1,4)", "1 | 2 | 3"},
                 {"range(1,6,2)", "1 | 3 | 5"},
                 {"range(3,0,-1)", "3 | 2 | 1"}});
  expect_values({{"range(stop=4,start=2)", "2 | 3"},
                 {"range(5,step=2)", "0 | 2 | 4"},
                 {"range(2,null)", "0 | 1"},
                 {"range(2.0)", "0.0 | 1.0"}});
  expect_values({{"range(-9223372036854775807,9223372036854775807,9000000000000000000)",
                  "-9223372036854775807 | -223372036854775807 | 8776627963145224193"}});
  expect_refused({"range()", "range(1,2,3,4)", "range(a)", "range('3')", "range(true)", "range(inf)", "range(1,nan)",
                  "range(1,2,null)", "range(1,start=2)", "range(x=1)"});
}

TEST(GrammarFunctionsTest, RangeCountsInDecimals) {
  expect_values({{"range(0,0.5,0.1)", "0.0 | 0.1 | 0.2 | 0.3 | 0.4"},
                 {"range(1,1.3,0.1)", "1.0 | 1.1 | 1.2"},
                 {"range(1e-3,0,-5e-4)", "0.001 | 0.0005"}});
  expect_refused({"range(1e-300,1e300,1)"}, "too many digits");
}

TEST(GrammarFunctionsTest, RefusesRangesThatAreEmptyOrEndless) {
  expect_refused({"range(0)", "range(3,1)", "range(1,3,-1)"}, "empty");
  expect_refused({"range(1,3,0)", "range(0,1,0.0)"}, "step");
  expect_refused({"range(1000001)", "range(0,1,1e-7)", "range(-9223372036854775808,9223372036854775807)"},
                 "at most 1000000");
  EXPECT_EQ(parse_override("k=range(1000000)", 1).values.size(), 1'000'000U);
}

TEST(GrammarFunctionsTest, GlobAsksForOptions) {
  const auto result = parse_override("data=glob([a*,'b?'],exclude=*c)", 1);
  EXPECT_TRUE(result.is_sweep);
  EXPECT_TRUE(result.values.empty());
  EXPECT_THAT(result.glob->include, testing::ElementsAre("a*", "b?"));
  EXPECT_THAT(result.glob->exclude, testing::ElementsAre("*c"));
  EXPECT_THAT(parse_override("data=glob(*)", 1).glob->include, testing::ElementsAre("*"));
  EXPECT_FALSE(parse_override("data=*", 1).glob.has_value());
  expect_refused({"glob()", "glob(1)", "glob([1])", "glob(null)", "glob(a,b,c)", "glob(a,exclude=1)", "glob(a),b",
                  "int(glob(a))"});
}

TEST(GrammarFunctionsTest, TagsAreDropped) {
  expect_values(
      {{"tag(a,'b c',choice(1,2))", "1 | 2"}, {"tag(range(2))", "0 | 1"}, {"tag(a,sweep=range(2))", "0 | 1"}});
  expect_refused(
      {"tag()", "tag(a)", "tag(1,choice(a))", "tag(choice(a),choice(b))", "tag(sweep=range(2))", "tag(a,glob(*))"});
}

TEST(GrammarFunctionsTest, SortsListsAndSweeps) {
  expect_values({{"sort(3,1,2)", "1 | 2 | 3"},
                 {"sort(3,1,2,reverse=true)", "3 | 2 | 1"},
                 {"sort([b,'a'])", "[\"a\", \"b\"]"},
                 {"sort(choice(b,a))", "\"a\" | \"b\""}});
  expect_values({{"sort(list=[2,1],reverse=true)", "[2, 1]"},
                 {"sort(sweep=choice(2,1))", "1 | 2"},
                 {"sort(1.5,1,true)", "1 | true | 1.5"},
                 {"sort(3)", "3"},
                 {"sort([])", "[]"}});
  EXPECT_FALSE(parse_override("k=sort([2,1])", 1).is_sweep);
  EXPECT_TRUE(parse_override("k=sort(2,1)", 1).is_sweep);
  expect_refused({"sort()", "sort(1,a)", "sort([1,a])", "sort(nan,1)", "sort([1],[2])", "sort(1,2,reverse=1)",
                  "sort(1,list=[2])", "sort(list=1)", "sort(sweep=1)", "sort(glob(*))"});
}

TEST(GrammarFunctionsTest, SortingARangeKeepsItsValues) {
  expect_values({{"sort(range(10,0,-3))", "1 | 4 | 7 | 10"}, {"sort(range(0,10,3),reverse=true)", "9 | 6 | 3 | 0"}});
}

TEST(GrammarFunctionsTest, ShufflesTheSameWayEachTime) {
  const auto shuffled = parse_override("k=shuffle(range(20))", 1);
  EXPECT_TRUE(shuffled.is_sweep);
  EXPECT_EQ(values("shuffle(range(20))"), values("shuffle(range(20))"));
  EXPECT_NE(values("shuffle(range(20))"), values("range(20)"));
  EXPECT_EQ(values("sort(shuffle(range(20)))"), values("range(20)"));
  EXPECT_EQ(values("sort(shuffle(c,a,b))"), "\"a\" | \"b\" | \"c\"");
  EXPECT_EQ(values("sort(shuffle([c,a,b]))"), R"(["a", "b", "c"])");
  EXPECT_FALSE(parse_override("k=shuffle([1,2])", 1).is_sweep);
  expect_values({{"shuffle(3)", "[3]"}});
  expect_refused({"shuffle()", "shuffle(1,choice(2))", "shuffle(glob(*))", "shuffle(1,list=[2])"});
}

TEST(GrammarFunctionsTest, CastsValues) {
  expect_values({{"int('3')", "3"},
                 {"int(3.9)", "3"},
                 {"int(-3.9)", "-3"},
                 {"int(true)", "1"},
                 {"int(' 0_07 ')", "7"},
                 {"int(value=5)", "5"}});
  expect_values({{"float(1)", "1.0"},
                 {"float('1e3')", "1000.0"},
                 {"float(' 00.5')", "0.5"},
                 {"float('-Infinity')", "-inf"},
                 {"float(true)", "1.0"}});
  expect_values({{"bool(0)", "false"},
                 {"bool('TRUE')", "true"},
                 {"bool(0.5)", "true"},
                 {"bool(null)", "false"},
                 {"bool(nan)", "true"}});
  expect_values({{"str(1)", "\"1\""},
                 {"str(1.0)", "\"1.0\""},
                 {"str(1e16)", "\"1e+16\""},
                 {"str(1e-5)", "\"1e-05\""},
                 {"str(TRUE)", "\"true\""},
                 {"str(-inf)", "\"-inf\""}});
}

TEST(GrammarFunctionsTest, CastsReachIntoListsTablesAndSweeps) {
  expect_values({{"int(['1',[2.5]])", "[1, [2]]"},
                 {"float({a:1,b:{c:2}})", "{a = 1.0, b = {c = 2.0}}"},
                 {"str(1,true)", "\"1\" | \"true\""},
                 {"int(choice('1',2.5))", "1 | 2"}});
  expect_values({{"float(range(2))", "0.0 | 1.0"},
                 {"int(range(0.5,2.5))", "0 | 1"},
                 {"[int('1'),str(2)]", "[1, \"2\"]"},
                 {"int('1'),2", "1 | 2"},
                 {"str(int('3'))", "\"3\""}});
  EXPECT_TRUE(parse_override("k=int(1,2)", 1).is_sweep);
}

TEST(GrammarFunctionsTest, RefusesCastsThatLoseTheValue) {
  expect_refused({"int(a)", "int('1.5')", "int('')", "int(null)", "int(nan)", "int(inf)", "int(1e30)",
                  "int('99999999999999999999')", "int('1__0')", "int([a])"},
                 "int()");
  expect_refused({"float(a)", "float('')", "float(null)", "float('1e')", "bool(a)", "bool('')", "bool('1')",
                  "str(null)", "str(range(3))", "bool(range(3))"});
  expect_refused({"int()", "int(1,value=2)", "int(x=1)", "int(value=null)"});
}

TEST(GrammarFunctionsTest, ArgumentsWithNamesComeLast) {
  expect_refused({"range(start=1,4)"}, "without a name");
  expect_refused({"range(true=1)", "range(start=)", "range(=1)", "range(start=1"});
}

TEST(GrammarFunctionsTest, RefusesUnknownFunctions) {
  expect_refused({"chioce(a,b)"}, "did you mean `choice`?");
  expect_refused({"f(x)", "Int(3)", "foo-bar()", "extend_list(1)"}, "is not a function");
  expect_refused({"true(1)", "null(1)", "a.b(1)", "a b(1)", "-f(1)", "(1)"}, "unexpected `(`");
}

TEST(GrammarFunctionsTest, RefusesIntervals) {
  expect_refused({"interval(0,1)", "int(interval(0,1))"}, "interval() is for sweepers");
}

TEST(GrammarFunctionsTest, RefusesSweepsInsideValues) {
  expect_refused({"[choice(a,b)]", "{a: range(3)}", "1,choice(2,3)", "[glob(*)]", "int([range(2)])"},
                 "a sweep cannot stand inside another value");
  expect_refused({"choice(1,2),3", "range(2),3"});
}

TEST(GrammarFunctionsTest, EditsGiveTheirArguments) {
  const auto appended = parse_override("k=append(1, [2], {a: b}, int('3'))", 1);
  EXPECT_EQ(appended.edit, Override::Edit::kAppend);
  EXPECT_FALSE(appended.is_sweep);
  EXPECT_EQ(values("append(1, [2], {a: b}, int('3'))"), "1 | [2] | {a = \"b\"} | 3");
  EXPECT_EQ(parse_override("k=prepend(x)", 1).edit, Override::Edit::kPrepend);
  EXPECT_EQ(parse_override("++k=remove(null)", 1).edit, Override::Edit::kRemove);
  EXPECT_EQ(parse_override("k=[append]", 1).edit, Override::Edit::kReplace);
  EXPECT_ERROR(parse_override("~k=append(1)", 1), kConfig, "omit the `~`");
  expect_refused({"[append(1)]", "choice(append(1))"}, "must stand alone after the `=`");
  expect_refused(
      {"append()", "append(x=1)", "append(choice(1,2))", "append(1),append(2)", "append(1", "remove(glob(*))"});
}

}  // namespace
}  // namespace assay::config
