// Compares composition with Hydra 1.3 on generated configurations; tests/golden/hydra_cases.py generates and composes
// them.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "config/compose_case.h"
#include "core/file.h"
#include "golden/run_python.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMinCases = 2000;
constexpr std::size_t kMaxShown = 10;

std::string explain_missing_hydra() {
  if (auto reason = explain_missing_python(); !reason.empty()) return reason;
  for (const auto& python : fs::directory_iterator(fs::path(ASSAY_SOURCE_DIR) / ".venv/lib")) {
    if (fs::exists(python.path() / "site-packages/hydra")) return "";
  }
  return "hydra-core is not installed: run `make test`";
}

std::vector<Json> read_cases(const fs::path& path) {
  std::vector<Json> cases;
  std::ifstream input(path);
  for (std::string line; std::getline(input, line);) cases.push_back(parse_json(line, path.string()));
  return cases;
}

// The complete files that Hydra read, so that a mismatch can be understood from the output alone.
std::string describe(const Json& one, const Composed& got) {
  std::string text = fmt::format("{} {} {}\n", one.at("dir").get<std::string>(), one.at("primary").get<std::string>(),
                                 one.at("overrides").dump());
  for (const auto& name : one.at("files")) {
    const auto path = fs::path(one.at("dir").get<std::string>()) / (name.get<std::string>() + ".toml");
    if (fs::exists(path)) text += fmt::format("--- {}.toml\n{}", name.get<std::string>(), read_file(path));
  }
  const auto divergence = one.at("divergence").is_null() ? "" : one.at("divergence").get<std::string>() + ": ";
  text += fmt::format(
      "--- expected: {}{}\n", divergence,
      one.at("expected").is_null() ? "refusal: " + one.at("error").get<std::string>() : one.at("expected").dump());
  return text + fmt::format("--- got: {}\n", got.config ? got.config->dump() : "refusal: " + got.error);
}

/// An intended difference from Hydra; docs/config.md gives the reasons. The test counts the cases that it explains.
struct Divergence {
  enum class Kind { kAssayRefuses, kHydraRefuses, kBothAccept };

  Kind kind;
  std::string name;
  std::string pattern;  // in the message of the side that rejects, or in Hydra's result
};

using Kind = Divergence::Kind;

const std::vector<Divergence> kDivergences = {
    {Kind::kAssayRefuses, "a table and something else in one place", "(and cannot become|and has no key) "},
    {Kind::kAssayRefuses, "`~key=value` compares what is written", "removes any value"},
    {Kind::kAssayRefuses, "one option chosen twice", "is chosen twice"},
    {Kind::kHydraRefuses, "null can be deleted", "Could not delete from config\\. '[^']*' does not exist"},
    {Kind::kHydraRefuses, "an interpolation inside another in an override",
     "^OverrideParseException.*\\$\\{[^}]*\\$\\{"},
    {Kind::kBothAccept, "a table inside a text is printed resolved", "\\{'[^']*': '\\$\\{"},
};

// Each may explain at most this share of the cases, so that it cannot hide accidental differences.
constexpr double kLargestShare = 0.04;

const Divergence* find_divergence(const Json& one, const Composed& got) {
  const bool hydra_accepts = !one.at("expected").is_null();
  if (!hydra_accepts && !got.config) return nullptr;
  const auto kind = !got.config ? Kind::kAssayRefuses : hydra_accepts ? Kind::kBothAccept : Kind::kHydraRefuses;
  auto message = kind == Kind::kAssayRefuses ? got.error
                 : kind == Kind::kBothAccept ? one.at("expected").dump()
                                             : one.at("error").get<std::string>() + one.at("overrides").dump();
  std::replace(message.begin(), message.end(), '\n', ' ');
  for (const auto& divergence : kDivergences) {
    if (divergence.kind == kind && std::regex_search(message, std::regex(divergence.pattern))) return &divergence;
  }
  return nullptr;
}

bool agrees(const Json& one, const Composed& got) {
  const auto& expected = one.at("expected");
  return expected.is_null() ? !got.config : got.config && same(*got.config, expected);
}

TEST(HydraTest, ComposesWhatHydraComposes) {
  if (const auto reason = explain_missing_hydra(); !reason.empty()) GTEST_SKIP() << reason;
  TemporaryFolder folder;
  ASSERT_TRUE(run_python("hydra_cases.py", folder.path().string())) << "hydra_cases.py failed";
  const auto cases = read_cases(folder.path() / "cases.jsonl");
  std::map<std::string, int> num_mismatches;
  std::map<std::string, std::size_t> num_divergences;
  std::size_t num_wrong = 0;
  for (const auto& one : cases) {
    const auto got = compose_case(one);
    if (agrees(one, got)) continue;
    if (const auto* divergence = find_divergence(one, got)) {
      ++num_divergences[divergence->name];
      continue;
    }
    if (++num_wrong <= kMaxShown) ADD_FAILURE() << describe(one, got);
    for (const auto& feature : one.at("features")) ++num_mismatches[feature.get<std::string>()];
  }
  EXPECT_EQ(num_wrong, 0u) << "of " << cases.size() << " cases; by feature: " << Json(num_mismatches).dump();
  EXPECT_GE(cases.size(), kMinCases);
  for (const auto& [name, count] : num_divergences) {
    fmt::print("divergence: {}: {} cases\n", name, count);
    EXPECT_LE(static_cast<double>(count), kLargestShare * static_cast<double>(cases.size())) << name;
  }
}

TEST(HydraTest, TellsNumbersApart) {
  const auto parse = [](const char* text) { return parse_json(text, "test"); };
  EXPECT_FALSE(same(parse("1"), parse("1.0")));
  EXPECT_FALSE(same(parse("[1]"), parse("[1, 2]")));
  EXPECT_FALSE(same(parse(R"({"a": null})"), parse(R"({"b": null})")));
  EXPECT_TRUE(same(parse(R"({"a": 1, "b": [true, -1]})"), parse(R"({"b": [true, -1], "a": 1})")));
}

}  // namespace
}  // namespace assay::config
