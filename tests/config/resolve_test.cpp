#include "config/resolve.h"

#include <fmt/format.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "config/toml.h"
#include "expect_error.h"

namespace assay::config {
namespace {

using testing::HasSubstr;
using testing::Not;

class ResolveTest : public testing::Test {
 protected:
  ResolveTest() {
    ::setenv("ASSAY_TEST_TEXT", "12", 1);
    ::setenv("ASSAY_TEST_HOLE", "???", 1);
    ::setenv("ASSAY_TEST_INNER", "${a}", 1);
    ::unsetenv("ASSAY_TEST_ABSENT");
  }

  Table resolve_toml(const std::string& text) { return resolve_table(parse_toml(text, "main.toml")); }

  Table resolve_table(const Table& table) {
    Problems problems;
    auto resolved = resolve(table, resolvers_, problems);
    problems.throw_if_any();
    return resolved;
  }

  /// Returns the value of x in the resolved text, as TOML.
  std::string x(const std::string& text) { return resolve_toml(text).find("x")->to_toml(); }

  /// Returns the value of x if it is only the interpolated text, beside a few other keys.
  std::string given(const std::string& interpolated) {
    return x(kOthers + ("x = '''" + interpolated + "'''\n" + kTables));
  }

  std::string refusal(const std::string& text) {
    try {
      resolve_toml(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      return error.what();
    }
    return "no error";
  }

  std::string refusal_of(const std::string& interpolated) {
    return refusal(kOthers + ("x = '''" + interpolated + "'''\n" + kTables));
  }

  static constexpr const char* kOthers =
      "a = 1\nlr = 0.1\nname = \"a\"\nflag = true\nnone = \"${null}\"\nlist = [1, \"it's\", [2.0]]\n";
  static constexpr const char* kTables = "[t]\nk = \"v\"\nu = {w = 3.0}\n\"k.d\" = 5\n";

  static constexpr const char* kTooLarge = "larger than 1000000 values or 64 MB of text";

  std::map<std::string, Resolver> resolvers_;
};

TEST_F(ResolveTest, WholeTextTakesTypeOfNode) {
  EXPECT_EQ(given("${a}"), "1");
  EXPECT_EQ(given("${lr}"), "0.1");
  EXPECT_EQ(given("${flag}"), "true");
  EXPECT_EQ(given("${name}"), "\"a\"");
  EXPECT_EQ(given("${none}"), "\"${null}\"");
  EXPECT_EQ(given("${ list }"), "[1, \"it's\", [2.0]]");
  EXPECT_EQ(given("${t}"), "{k = \"v\", u = {w = 3.0}, \"k.d\" = 5}");
}

TEST_F(ResolveTest, EmbeddedValueBecomesTextAsPythonPrintsIt) {
  EXPECT_EQ(given("<${a} ${lr} ${flag} ${name} ${none}>"), "\"<1 0.1 True a None>\"");
  EXPECT_EQ(given("<${list}>"), "\"<[1, \\\"it's\\\", [2.0]]>\"");
  EXPECT_EQ(given("<${t}>"), "\"<{'k': 'v', 'u': {'w': 3.0}, 'k.d': 5}>\"");
  EXPECT_EQ(x("f = [1e-5, 3.0, 1e16, inf, nan, -0.5]\nx = '<${f}>'"), "\"<[1e-05, 3.0, 1e+16, inf, nan, -0.5]>\"");
  EXPECT_EQ(x("f = [\"it's \\\"so\\\"\", 'a\\b', \"t\\t\\n\"]\nx = '<${f}>'"),
            "\"<['it\\\\'s \\\"so\\\"', 'a\\\\\\\\b', 't\\\\t\\\\n']>\"");
}

TEST_F(ResolveTest, PathReachesTablesAndElements) {
  EXPECT_EQ(given("${t.u.w}"), "3.0");
  EXPECT_EQ(given("${t[u].w}"), "3.0");
  EXPECT_EQ(given("${[t].u[w]}"), "3.0");
  EXPECT_EQ(given("${list[2][0]}"), "2.0");
  EXPECT_EQ(given("${list.2.0}"), "2.0");
  EXPECT_EQ(given("${t[\"k.d\"]}"), "5");
  EXPECT_EQ(given("${t['k.d']}"), "5");
}

TEST_F(ResolveTest, LeadingDotsCountTablesAndArrays) {
  EXPECT_EQ(x("y = 1\nx = {y = 2, z = '${.y}', w = '${..y}', l = [7, '${.0}', '${..y}']}"),
            "{y = 2, z = 2, w = 1, l = [7, 7, 2]}");
  EXPECT_THAT(refusal("[x]\ny = '${...z}'"), HasSubstr("more dots than there are tables"));
}

TEST_F(ResolveTest, RelativePathCountsFromWhereItIsWritten) {
  EXPECT_EQ(x("x = '${t.u}'\nk = 0\n[t]\nk = 1\nu = {v = '${..k}'}"), "{v = 1}");
}

TEST_F(ResolveTest, InterpolationNestsInPath) {
  EXPECT_EQ(given("${${name}}"), "1");
  EXPECT_EQ(given("${t.u.${oc.select:nope,w}}"), "3.0");
  EXPECT_EQ(x("k = 'a.b'\nx = '${${k}}'\n[a]\nb = 5"), "5");
  EXPECT_THAT(refusal_of("${list.${a}x}"), HasSubstr("expected `}` at character 12"));
  EXPECT_THAT(refusal_of("${list.${a}}"), HasSubstr("must give a name as text, but gives an integer: 1"));
}

TEST_F(ResolveTest, ChainsAndTablesOfInterpolationsResolve) {
  EXPECT_EQ(x("x = '${b}'\nb = '${c.d}'\nc = {d = ['${e}', '${e} and ${.0}']}\ne = 3"), "[3, \"3 and 3\"]");
  EXPECT_EQ(x("x = '${b.k}'\nb = '${c}'\nc = {k = 1}"), "1");
}

TEST_F(ResolveTest, BackslashesCountOnlyBeforeInterpolationAndQuote) {
  EXPECT_EQ(given("\\${a}"), "\"${a}\"");
  EXPECT_EQ(given("\\\\${a}"), R"("\\1")");
  EXPECT_EQ(given("\\\\\\${a}"), R"("\\${a}")");
  EXPECT_EQ(given("c:\\d \\\\ ${a} $ { }"), R"("c:\\d \\\\ 1 $ { }")");
  EXPECT_EQ(given("c:\\\\d"), R"("c:\\\\d")") << "no `${`, so nothing is read";
  EXPECT_EQ(given("${oc.decode:'\"a\\\\b\\\"c\"'}"), R"("a\\\\b\"c")");
  EXPECT_EQ(given("${oc.select:nope,'it\\'s \\${a} \\n'}"), R"("it's ${a} \\n")");
}

TEST_F(ResolveTest, ResultOfInterpolationIsNotReadAgain) {
  EXPECT_EQ(x("x = '${y}'\ny = '\\${z}'"), "\"${z}\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_INNER}"), "\"${a}\"");
}

TEST_F(ResolveTest, EnvironmentIsTextAndHasDefault) {
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_TEXT}"), "\"12\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_TEXT,3}"), "\"12\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_ABSENT,3}"), "\"3\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_ABSENT,[1, a]}"), "\"[1, 'a']\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_ABSENT,null}"), "\"${null}\"");
  EXPECT_EQ(given("${oc.env:ASSAY_TEST_ABSENT,${t.k}}"), "\"v\"");
  EXPECT_THAT(
      refusal_of("${oc.env:ASSAY_TEST_ABSENT}"),
      HasSubstr("x = \"${oc.env:ASSAY_TEST_ABSENT}\": oc.env: the environment variable ASSAY_TEST_ABSENT is not "
                "set (main.toml:7:5)\n  hint: set it, or give a default: ${oc.env:ASSAY_TEST_ABSENT,default}"));
  EXPECT_THAT(refusal_of("${oc.env:a,b,c}"), HasSubstr("3 arguments"));
  EXPECT_THAT(refusal_of("${oc.env:5}"), HasSubstr("5 is an integer"));
}

TEST_F(ResolveTest, SelectGivesDefaultForWhatIsNotThere) {
  EXPECT_EQ(given("${oc.select:t.u}"), "{w = 3.0}");
  EXPECT_EQ(given("${oc.select:.a}"), "1");
  EXPECT_EQ(given("${oc.select:nope}"), "\"${null}\"");
  EXPECT_EQ(given("${oc.select:t.nope.deeper,5}"), "5");
  EXPECT_EQ(given("${oc.select:a.b,5}"), "5") << "a is no table";
  EXPECT_EQ(given("${oc.select:list.9,${a}}"), "1");
  EXPECT_EQ(given("${oc.select:'list[0]'}"), "1");
  EXPECT_THAT(refusal_of("${oc.select:list.k,5}"), HasSubstr("list is an array and `k` is not an index"));
  EXPECT_THAT(refusal("x = '${oc.select:y,1}'\ny = '${nope}'"), HasSubstr("there is no key `nope`"));
}

TEST_F(ResolveTest, DecodeReadsArgumentFromText) {
  EXPECT_EQ(given("${oc.decode:${oc.env:ASSAY_TEST_TEXT}}"), "12");
  EXPECT_EQ(given("${oc.decode:'[1, x, {k: null}]'}"), "[1, \"x\", {k = \"${null}\"}]");
  EXPECT_EQ(given("${oc.decode:'\\${a}'}"), "1");
  EXPECT_EQ(given("${oc.decode:null}"), "\"${null}\"");
  EXPECT_THAT(refusal_of("${oc.decode:5}"), HasSubstr("oc.decode: it takes one string"));
  EXPECT_THAT(refusal_of("${oc.decode:'[1'}"), HasSubstr("oc.decode: malformed `${`"));
  EXPECT_THAT(refusal_of("${oc.decode:''}"), HasSubstr("expected a value"));
}

TEST_F(ResolveTest, CreateMakesTablesAndArrays) {
  EXPECT_EQ(given("${oc.create:{k: ${a}, l: [${t.k}, 'q']}}"), "{k = 1, l = [\"v\", \"q\"]}");
  EXPECT_EQ(x("x = '${y.k}'\ny = '${oc.create:{k: 4}}'"), "4");
  EXPECT_THAT(refusal_of("${oc.create:5}"), HasSubstr("5 is an integer"));
}

TEST_F(ResolveTest, KeysAndValuesOfTable) {
  EXPECT_EQ(given("${oc.dict.keys:t}"), "[\"k\", \"u\", \"k.d\"]");
  EXPECT_EQ(given("${oc.dict.values:t}"), "[\"v\", {w = 3.0}, 5]");
  EXPECT_EQ(x("x = '${y.1.w}'\ny = '${oc.dict.values:t}'\n[t]\nk = 1\nu = {w = '${a}'}\n[a]\nb = 2"), "{b = 2}");
  EXPECT_THAT(refusal_of("${oc.dict.keys:list}"), HasSubstr("list is an array, not a table"));
  EXPECT_THAT(refusal_of("${oc.dict.values:nope}"), HasSubstr("there is no key `nope`"));
}

TEST_F(ResolveTest, DeprecatedWarnsAndPassesOn) {
  const auto previous = spdlog::default_logger();
  std::ostringstream log;
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log)));
  EXPECT_EQ(given("${oc.deprecated:t.u}"), "{w = 3.0}");
  EXPECT_EQ(given("${oc.deprecated:a, '$OLD_KEY went: $NEW_KEY'}"), "1");
  spdlog::set_default_logger(previous);
  EXPECT_THAT(log.str(), HasSubstr("'x' is deprecated. Change your code and config to use 't.u' (main.toml:7:5)"));
  EXPECT_THAT(log.str(), HasSubstr("x went: a"));
}

TEST_F(ResolveTest, NowIsOneInstant) {
  const auto table = resolve_toml("x = '${now:%Y-%m-%d %H:%M:%S}'\ny = 'at ${now:%Y-%m-%d %H:%M:%S}'\nz = '${now:%s}'");
  const auto text = *table.find("x")->get_if<std::string>();
  EXPECT_EQ(text.size(), 19u);
  EXPECT_EQ(*table.find("y")->get_if<std::string>(), "at " + text);
  EXPECT_NEAR(std::stod(*table.find("z")->get_if<std::string>()), static_cast<double>(std::time(nullptr)), 60.0);
  EXPECT_THAT(refusal_of("${now:}"), HasSubstr("0 arguments"));
}

TEST_F(ResolveTest, GivenResolverTakesTypedArguments) {
  resolvers_["join"] = [](const std::vector<Value>& arguments, const Origin& origin) {
    std::string text;
    for (const auto& argument : arguments) text += argument.to_toml() + ";";
    return Value(text, origin);
  };
  EXPECT_EQ(given("${join:1, -2.5, 1e3, true, NULL, word, two words, 'quo,ted', a:b, 1_000, 01}"),
            R"("1;-2.5;1000.0;true;\"${null}\";\"word\";\"two words\";\"quo,ted\";\"a:b\";1000;\"01\";")");
  EXPECT_EQ(given("${join:[1, [a]], {k: 2, l: {}}, ${list.0}, ${a}0, '${a}', \\[x\\, y}"),
            R"("[1, [\"a\"]];{k = 2, l = {}};1;\"10\";\"1\";\"[x, y\";")");
  EXPECT_EQ(given("${join:}${join:,a,}"), R"("\"\";\"a\";\"\";")") << "nothing between commas is an empty text";
  EXPECT_EQ(given("${${oc.decode:join}:1}"), R"("1;")");
}

TEST_F(ResolveTest, MistakeOfGivenResolverGetsPathAndPlace) {
  resolvers_["assay.device"] = [](const std::vector<Value>&, const Origin&) -> Value {
    throw Error(ErrorKind::kConfig, "no such device", "", "try cpu");
  };
  EXPECT_THAT(
      refusal("[t]\nx = 'on ${assay.device:cuda}'"),
      HasSubstr("t.x = \"on ${assay.device:cuda}\": assay.device: no such device (main.toml:2:5)\n  hint: try cpu"));
  resolvers_["assay.device"] = [](const std::vector<Value>&, const Origin&) -> Value {
    throw Error(ErrorKind::kData, "disk on fire");
  };
  EXPECT_ERROR(resolve_toml("x = '${assay.device:}'"), kData, "disk on fire");
}

TEST_F(ResolveTest, ValuesKeepOriginAndWhatTheyReplaced) {
  auto table = parse_toml("x = '${t}'\ny = '${t.k}'\n[t]\nk = 1", "main.toml");
  table.find("y")->set_replaced(Value(std::int64_t{9}, Origin{"base.toml", 3, 1}));
  const auto resolved = resolve_table(table);
  EXPECT_EQ(find_path(resolved, "x")->origin().to_string(), "main.toml:1:5");
  EXPECT_EQ(find_path(resolved, "x.k")->origin().to_string(), "main.toml:4:5");
  EXPECT_EQ(find_path(resolved, "y")->origin().to_string(), "main.toml:2:5");
  EXPECT_EQ(find_path(resolved, "y")->replaced()->value.to_toml(), "9");
  EXPECT_EQ(find_path(resolved, "t.k")->replaced(), nullptr);
}

TEST_F(ResolveTest, MissingKeyTellsNearest) {
  EXPECT_THAT(refusal_of("${t.uu.w}"), HasSubstr("x = \"${t.uu.w}\": there is no key `uu` in t (main.toml:7:5)"));
  EXPECT_THAT(refusal("x = '${modle.width}'\n[model]\nwidth = 1"), HasSubstr("hint: did you mean `model`?"));
  EXPECT_THAT(refusal_of("${list[7]}"), HasSubstr("there is no [7] in list, which has 3 elements"));
  EXPECT_THAT(refusal_of("${list.k}"), HasSubstr("list is an array and `k` is not an index"));
  EXPECT_THAT(refusal_of("${a.b}"), HasSubstr("there is no `b` in a, which is an integer"));
}

TEST_F(ResolveTest, UnknownResolverTellsNearest) {
  EXPECT_THAT(refusal_of("${oc.evn:HOME}"), HasSubstr("there is no resolver `oc.evn`"));
  EXPECT_THAT(refusal_of("${oc.evn:HOME}"), HasSubstr("did you mean `oc.env`?"));
}

TEST_F(ResolveTest, MalformedInterpolationTellsSpot) {
  EXPECT_THAT(refusal_of("a ${"), HasSubstr("malformed `${`: expected a key at character 5, the text ends"));
  EXPECT_THAT(refusal_of("${}"), HasSubstr("expected a key at character 3, there is `}`"));
  EXPECT_THAT(refusal_of("${a"), HasSubstr("expected `}` at character 4"));
  for (const auto* text : {"${a b}",
                           "${a.}",
                           "${.}",
                           "${a..b}",
                           "${a[0}",
                           "${a]}",
                           "${a$${b}}",
                           "${a${b}}",
                           "${[\"k}",
                           "${a:",
                           "${oc.env:(}",
                           "${oc.env:a=b}",
                           "${oc.env:'a}",
                           "${oc.env:[a}",
                           "${oc.env:{a}}",
                           "${oc.env:{a:1,}}",
                           "${oc.env:'a' b}",
                           "${oc.env:a]}",
                           "${.oc.env:a}",
                           "${5:a}",
                           "${oc.env:{${a}: 1}}"}) {
    EXPECT_THAT(refusal_of(text), HasSubstr("malformed `${`")) << text;
  }
}

TEST_F(ResolveTest, CycleTellsItsPath) {
  EXPECT_THAT(refusal("a = '${a}'"), HasSubstr("it is a cycle: a -> a"));
  EXPECT_THAT(refusal("a = 'x ${b.c}'\nb = {c = '${d}'}\nd = '${a}'"), HasSubstr("it is a cycle: a -> b.c -> d -> a"));
  EXPECT_THAT(refusal("k = '${${k}}'"), HasSubstr("it is a cycle: k -> k"));
  EXPECT_THAT(refusal("a = '${oc.select:a,1}'"), HasSubstr("it is a cycle: a -> a"));
  EXPECT_THAT(refusal("a = '${oc.decode:\"\\${a}\"}'"), HasSubstr("it is a cycle: a -> a"));
  EXPECT_THAT(refusal("a = '${b}'\nb = '${a}'"), Not(HasSubstr("mistakes"))) << "one cycle is one mistake";
}

TEST_F(ResolveTest, TargetThatHoldsTheInterpolationIsCycle) {
  EXPECT_THAT(refusal("[a]\nx = '${a}'"), HasSubstr("it is a cycle: a -> a.x -> a"));
  EXPECT_THAT(refusal("a = {b = ['${...a}']}"), HasSubstr("it is a cycle: a -> a.b[0] -> a"));
  EXPECT_THAT(refusal("a = {x = '${b}'}\nb = {y = '${a}'}"), HasSubstr("it is a cycle: a -> a.x -> b -> b.y -> a"));
  EXPECT_THAT(refusal("a = {x = '${b}'}\nb = {y = 'text ${a}'}"), HasSubstr("it is a cycle: b.y -> a"));
  EXPECT_THAT(refusal("[a]\nx = '${oc.select:\"\"}'"), HasSubstr("it is a cycle: the whole -> a -> a.x -> the whole"));
}

TEST_F(ResolveTest, MissingValueIsRefusedWhereverItIs) {
  EXPECT_THAT(refusal("[train]\nlr = \"???\""),
              HasSubstr("train.lr is \"???\": it must be chosen (main.toml:2:6)\n  hint: set it with train.lr=..."));
  EXPECT_THAT(refusal("a = [{k = \"???\"}]"), HasSubstr("a[0].k is \"???\": it must be chosen"));
  EXPECT_THAT(refusal("a = [{k = \"???\"}]"), HasSubstr("set it with a.0.k=..."));
  const auto both = refusal("x = 'rate ${lr}'\nlr = \"???\"");
  EXPECT_THAT(both, HasSubstr("x = \"rate ${lr}\": lr is still \"???\" (main.toml:1:5)"));
  EXPECT_THAT(both, HasSubstr("lr is \"???\": it must be chosen (main.toml:2:6)"));
  EXPECT_THAT(refusal("x = '${t.k.l}'\n[t]\nk = \"???\""), HasSubstr("x = \"${t.k.l}\": t.k is still"));
  EXPECT_THAT(refusal("x = '${t}'\ny = '${t}'\n[t]\nk = \"???\""), Not(HasSubstr("mistakes"))) << "reported once";
  EXPECT_THAT(refusal("x = '${oc.env:ASSAY_TEST_HOLE}'"), HasSubstr("x is \"???\""));
  EXPECT_THAT(refusal("x = '${oc.select:lr,3}'\nlr = \"???\""), Not(HasSubstr("mistakes")));
  EXPECT_EQ(x("x = 'what ??? '"), "\"what ??? \"");
}

TEST_F(ResolveTest, AllMistakesAreTold) {
  const auto text =
      refusal("a = '${nope}'\nb = '${c}'\nc = '${b}'\nd = \"???\"\ne = '${'\nf = '${oops:1}'\ng = '${a}'");
  EXPECT_THAT(text, HasSubstr("5 mistakes")) << "g only follows a";
  for (const auto* part : {"no key `nope`", "cycle: b -> c -> b", "d is \"???\"", "malformed", "no resolver `oops`"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(ResolveTest, DepthIsBounded) {
  std::string chain;
  for (int i = 0; i < 150; ++i) chain += fmt::format("k{} = '${{k{}}}'\n", i, i + 1);
  EXPECT_EQ(resolve_toml(chain + "k150 = 1\n").find("k0")->to_toml(), "1");
  for (int i = 150; i < 2000; ++i) chain += fmt::format("k{} = '${{k{}}}'\n", i, i + 1);
  EXPECT_THAT(refusal(chain + "k2000 = 1\n"), HasSubstr("more than 200 levels"));
  for (const auto* open : {"${", "${a:[", "${a:{k:", "${a:'${", "[", "${oc.decode:"}) {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += open;
    EXPECT_NE(refusal("x = '''${oc.decode:" + text + "'''"), "no error");
  }
  Value deep(std::int64_t{1}, Origin{});
  for (int i = 0; i < 1000; ++i) deep = Value(Array{deep}, Origin{});
  Table table;
  table.set("x", deep);
  EXPECT_ERROR(resolve_table(table), kConfig, "more than 200 levels");
}

TEST_F(ResolveTest, GrowthOfTablesIsBounded) {
  std::string text = "t0 = {a = 1, b = 2}\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("t{0} = {{a = '${{t{1}}}', b = '${{t{1}}}'}}\n", i, i - 1);
  EXPECT_THAT(refusal(text), HasSubstr(kTooLarge));
}

TEST_F(ResolveTest, GrowthOfTextIsBounded) {
  std::string text = "t0 = 'ha'\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("t{0} = '${{t{1}}}${{t{1}}}'\n", i, i - 1);
  EXPECT_THAT(refusal(text), HasSubstr(kTooLarge));
}

TEST_F(ResolveTest, GrowthByDecodingIsBounded) {
  std::string text = "s = '[" + std::string(100'000, ',') + "]'\n";
  for (int i = 1; i < 60; ++i) text += fmt::format("d{} = '${{oc.decode:${{s}}}}'\n", i);
  EXPECT_THAT(refusal(text), HasSubstr(kTooLarge));
}

TEST_F(ResolveTest, ManyInterpolationsTakeLinearTime) {
  std::string text = "t = {a = 1}\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("k{0} = '${{t.a}}'\nl{0} = 'n ${{k{0}}}'\n", i);
  EXPECT_EQ(resolve_toml(text).find("l19999")->to_toml(), "\"n 1\"");
}

// Below: intended differences from OmegaConf.

TEST_F(ResolveTest, TableInsideTextIsPrintedResolved) {
  EXPECT_EQ(x("x = '<${t}>'\n[t]\nk = '${.l}'\nl = 1"), "\"<{'k': 1, 'l': 1}>\"");
}

TEST_F(ResolveTest, DecodedTableCanBeReachedInto) { EXPECT_EQ(x("x = '${y.k}'\ny = '${oc.decode:\"{k: 1}\"}'"), "1"); }

TEST_F(ResolveTest, CreateReadsNoYamlAndNoSecondInterpolation) {
  EXPECT_THAT(refusal_of("${oc.create:'a: 1'}"), HasSubstr("is a string"));
  EXPECT_EQ(given("${oc.create:{k: '\\${a}'}}"), "{k = \"${a}\"}");
}

TEST_F(ResolveTest, ArgumentKeepsWhatItsRelativePathsMeantWhereTheyWereWritten) {
  EXPECT_EQ(x("y = 1\nx = '${oc.create:${t.u}}'\n[t]\ny = 2\nu = {k = '${..y}'}"), "{k = 2}");
}

TEST_F(ResolveTest, ArgumentsAreResolvedEvenWhenNotNeeded) {
  EXPECT_THAT(refusal("t = {x = '${oc.env:ASSAY_TEST_TEXT,${y}}'}\ny = '${t}'"), HasSubstr("it is a cycle"));
}

TEST_F(ResolveTest, KeysOfTableArgumentsAreText) {
  EXPECT_EQ(given("${oc.create:{1: a, true: b, 1.50: c}}"), "{1 = \"a\", true = \"b\", \"1.50\" = \"c\"}");
}

}  // namespace
}  // namespace assay::config
