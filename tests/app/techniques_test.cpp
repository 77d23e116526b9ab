#include "app/techniques.h"

#include "config/toml.h"
#include "expect_error.h"

namespace assay::app {
namespace {

config::Section compress(const std::string& toml) {
  return {config::parse_toml(toml, "compress.toml"), "compress", config::Origin{"compress.toml", 1, 1}};
}

const char* const kTables =
    "[dynamic_int8]\nname = \"dynamic_int8\"\n[again]\nname = \"finetune\"\nepochs = 3\n"
    "[float]\nname = \"finetune\"\n[\"a/b\"]\nname = \"finetune\"\n[bad]\nname = \"finetun\"";

void expect_problem(const std::vector<std::string>& keys, const std::string& text) {
  config::Problems problems;
  make_techniques(compress(kTables), keys, problems);
  EXPECT_ERROR(problems.throw_if_any(), kConfig, text);
}

TEST(TechniquesTest, AreMadeOfStepsInTurn) {
  config::Problems problems;
  const auto techniques = make_techniques(compress(kTables), {"dynamic_int8", "again+dynamic_int8"}, problems);
  problems.throw_if_any();
  ASSERT_EQ(techniques.size(), 2U);
  EXPECT_EQ(techniques[1].name, "again-dynamic_int8");
  ASSERT_EQ(techniques[1].steps.size(), 2U);
  EXPECT_EQ(techniques[1].steps[0]->name(), "finetune");
  EXPECT_EQ(techniques[1].steps[1]->name(), "dynamic_int8");
}

TEST(TechniquesTest, AreNamedByKeysOfTheirOwn) {
  expect_problem({"again", "again"}, "\"again\" is there twice");
  expect_problem({"float"}, "\"float\" is there twice");
  expect_problem({"a/b"}, "names files");
  expect_problem({"absent"}, "compress.absent");
  expect_problem({"again+"}, "compress.");
  expect_problem({"bad"}, "did you mean `finetune`?");
}

}  // namespace
}  // namespace assay::app
