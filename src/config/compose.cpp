#include "config/compose.h"

#include <fmt/format.h>

#include "config/defaults.h"
#include "config/fail.h"
#include "config/problems.h"
#include "config/suggest.h"
#include "config/toml.h"
#include "core/error.h"

namespace assay::config {
namespace {

[[noreturn]] void fail_sweep(const Override& one) {
  fail("several values for one run", one.origin,
       fmt::format("--multirun runs each of them; for one value with a comma write {0}='...' in quotes, or a list "
                   "{0}=[...]",
                   one.key));
}

bool chooses_group(ConfigFiles& files, const Override& one) {
  if (!files.has_group(one.key)) return false;
  const bool holds_table = !one.values.empty() && one.values.front().get_if<Table>() != nullptr;
  return !holds_table && one.edit == Override::Edit::kReplace;
}

std::vector<std::string> read_override_file(const std::string& path) {
  const auto file = read_toml(path);
  const auto* list = file.find("overrides");
  const auto* array = list == nullptr ? nullptr : list->get_if<Array>();
  if (array == nullptr)
    throw Error(ErrorKind::kConfig, "the file has no array `overrides`", path, "overrides = [\"train.epochs=5\"]");
  std::vector<std::string> arguments;
  for (const auto& element : *array) {
    const auto* text = element.get_if<std::string>();
    if (text == nullptr) fail(fmt::format("{} is not an override", element.to_toml()), element.origin());
    arguments.push_back(*text);
  }
  return arguments;
}

}  // namespace

Composition compose(ConfigFiles& files, const std::string& primary, const std::vector<Override>& overrides,
                    NewKeys new_keys) {
  std::vector<Override> choices;
  std::vector<const Override*> values;
  for (const auto& one : overrides) {
    if (one.is_sweep) fail_sweep(one);
    if (chooses_group(files, one)) {
      choices.push_back(one);
    } else if (one.package) {
      fail(fmt::format("there is no group {}", one.key), one.origin, suggest(one.key, files.groups()));
    } else {
      values.push_back(&one);
    }
  }
  Composition composition;
  composition.files = make_defaults_list(files, primary, choices);
  Problems problems;
  for (const auto& file : composition.files) {
    problems.collect([&] { merge(composition.table, *files.find(file.name), file.package); });
  }
  for (const auto* one : values) problems.collect([&] { apply_override(*one, composition.table, new_keys); });
  problems.throw_if_any();
  return composition;
}

Table compose(const ComposeRequest& request) {
  ConfigFiles files({request.folder});
  return compose(files, request.primary, parse_overrides(request.overrides)).table;
}

std::vector<Override> parse_overrides(const std::vector<std::string>& arguments) {
  std::vector<Override> overrides;
  for (const auto& argument : arguments) {
    if (argument.starts_with('@')) {
      for (const auto& inner : read_override_file(argument.substr(1)))
        overrides.push_back(parse_override(inner, static_cast<int>(overrides.size()) + 1));
    } else {
      overrides.push_back(parse_override(argument, static_cast<int>(overrides.size()) + 1));
    }
  }
  return overrides;
}

}  // namespace assay::config
