#include "config/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "config/override.h"
#include "config/suggest.h"
#include "config/toml.h"
#include "core/error.h"

namespace assay::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDefaultsKey = "defaults";
constexpr std::string_view kPackageKey = "__package__";
constexpr std::string_view kGlobalPackage = "_global_";
constexpr std::string_view kSelf = "_self_";
constexpr std::string_view kOverridePrefix = "override ";

struct Choice {
  std::string option;
  Origin origin;
};

struct DefaultsEntry {
  std::string group;  // empty for _self_
  Choice choice;
  bool is_override = false;
};

[[noreturn]] void fail(const std::string& message, const Origin& origin, const std::string& hint = "") {
  throw Error(ErrorKind::kConfig, message, origin.to_string(), hint);
}

// Group names are relative to the group of the file that names them, unless they begin with `/`.
DefaultsEntry parse_entry(const Value& value, const std::string& parent) {
  const auto* text = value.get_if<std::string>();
  if (text != nullptr && *text == kSelf) return {"", {"", value.origin()}, false};
  const auto* table = value.get_if<Table>();
  if (table == nullptr || table->entries().size() != 1) {
    fail(fmt::format("{} is not an entry of a defaults list", value.to_toml()), value.origin(),
         "write \"_self_\", {group = \"option\"} or {\"override group\" = \"option\"}");
  }
  const auto& [key, option] = table->entries().front();
  const auto* name = option.get_if<std::string>();
  if (name == nullptr) fail(fmt::format("{} = {}: must name one option", key, option.to_toml()), option.origin());
  const bool is_override = key.starts_with(kOverridePrefix);
  auto group = is_override ? key.substr(kOverridePrefix.size()) : key;
  group = group.starts_with('/') ? group.substr(1) : parent.empty() ? group : parent + "/" + group;
  return {group, {*name, option.origin()}, is_override};
}

std::vector<DefaultsEntry> parse_defaults(const Table& file, const std::string& group) {
  std::vector<DefaultsEntry> entries;
  if (const auto* list = file.find(kDefaultsKey)) {
    const auto* array = list->get_if<Array>();
    if (array == nullptr) fail("defaults must be an array", list->origin());
    for (const auto& element : *array) entries.push_back(parse_entry(element, group));
  }
  const auto num_selves =
      std::count_if(entries.begin(), entries.end(), [](const auto& entry) { return entry.group.empty(); });
  if (num_selves > 1) fail("defaults names _self_ twice", file.find(kDefaultsKey)->origin());
  if (num_selves == 0) entries.push_back({});
  return entries;
}

void merge(Table& into, const Table& from, const std::string& path);

void merge_value(Table& into, const std::string& key, const Value& value, const std::string& path) {
  auto* existing = into.find(key);
  auto* existing_table = existing == nullptr ? nullptr : existing->get_if<Table>();
  const auto* new_table = value.get_if<Table>();
  if (existing_table != nullptr && new_table != nullptr) return merge(*existing_table, *new_table, path);
  if (existing_table != nullptr) {
    fail(fmt::format("{} is a table and cannot become {}", path, value.to_toml()), value.origin(),
         fmt::format("it was made a table at {}; set a key in it, such as {}.{}", existing->origin().to_string(), path,
                     existing_table->entries().empty() ? "key" : existing_table->entries().front().first));
  }
  into.set(key, value);
}

void merge(Table& into, const Table& from, const std::string& path) {
  for (const auto& [key, value] : from.entries()) merge_value(into, key, value, path.empty() ? key : path + "." + key);
}

// Returns `table` inside the tables named by `package` ("train/schedule" -> {train = {schedule = table}}).
Table place(Table table, std::string_view package, const Origin& origin) {
  const auto slash = package.rfind('/');
  Table outer;
  outer.set(package.substr(slash == std::string_view::npos ? 0 : slash + 1), Value(std::move(table), origin));
  return slash == std::string_view::npos ? outer : place(std::move(outer), package.substr(0, slash), origin);
}

class Composer {
 public:
  explicit Composer(const ComposeRequest& request) : folder_(request.folder) {
    int position = 0;
    for (const auto& argument : request.overrides) {
      auto one = parse_override(argument, ++position);
      if (is_group(one.key)) {
        command_line_choices_.insert_or_assign(one.key, Choice{one.text, one.value.origin()});
      } else {
        values_.push_back(std::move(one));
      }
    }
  }

  Table compose(const std::string& primary) {
    const auto path = folder_ / (primary + ".toml");
    if (!fs::exists(path)) {
      fail(fmt::format("there is no configuration {}", path.string()), {"--config-dir", 0, 0},
           "give the folder with --config-dir");
    }
    const auto file = read_toml(path);
    auto entries = parse_defaults(file, "");
    for (const auto& [group, choice] : command_line_choices_) {
      const auto same = [&group = group](const auto& entry) { return entry.group == group; };
      if (std::none_of(entries.begin(), entries.end(), same)) entries.push_back({group, choice, false});
    }
    collect_overrides(entries);
    Table result;
    compose_file(file, entries, "", result);
    for (const auto& one : values_) apply(one, result);
    return result;
  }

 private:
  bool is_group(const std::string& key) const { return key.find('.') == std::string::npos && !options_of(key).empty(); }

  std::vector<std::string> options_of(const std::string& group) const {
    std::vector<std::string> options;
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(folder_ / group, ignored)) {
      if (file.path().extension() == ".toml") options.push_back(file.path().stem().string());
    }
    std::sort(options.begin(), options.end());
    return options;
  }

  Choice chosen(const DefaultsEntry& entry) const {
    if (const auto found = command_line_choices_.find(entry.group); found != command_line_choices_.end())
      return found->second;
    if (const auto found = file_choices_.find(entry.group); found != file_choices_.end()) return found->second;
    return entry.choice;
  }

  // Finds the `override` entries of all files that take part, before any file is merged.
  void collect_overrides(const std::vector<DefaultsEntry>& entries) {
    for (const auto& entry : entries) {
      if (entry.group.empty()) continue;
      if (entry.is_override) {
        file_choices_.insert_or_assign(entry.group, entry.choice);
      } else {
        enter(entry, [this](const Table&, const std::vector<DefaultsEntry>& inner) { collect_overrides(inner); });
      }
    }
  }

  void compose_file(const Table& file, const std::vector<DefaultsEntry>& entries, const std::string& package,
                    Table& result) {
    for (const auto& entry : entries) {
      if (entry.is_override) continue;
      if (entry.group.empty()) {
        merge_self(file, package, result);
      } else {
        enter(entry, [&](const Table& inner, const std::vector<DefaultsEntry>& inner_entries) {
          compose_file(inner, inner_entries, package_of(inner, entry.group), result);
        });
      }
    }
  }

  // Reads the file that an entry chooses and visits it; refuses cycles.
  template <typename Visit>
  void enter(const DefaultsEntry& entry, const Visit& visit) {
    const auto choice = chosen(entry);
    const auto path = option_file(entry.group, choice);
    if (!open_files_.insert(path).second) fail(fmt::format("{} includes itself", path.string()), choice.origin);
    const auto file = read_toml(path);
    visit(file, parse_defaults(file, entry.group));
    open_files_.erase(path);
  }

  fs::path option_file(const std::string& group, const Choice& choice) const {
    auto path = folder_ / group / (choice.option + ".toml");
    const bool is_plain = choice.option.find("..") == std::string::npos;
    if (is_plain && fs::exists(path)) return path;
    const auto options = options_of(group);
    if (options.empty()) fail(fmt::format("there is no group {} in {}", group, folder_.string()), choice.origin);
    fail(fmt::format("group {} has no option {}", group, choice.option), choice.origin,
         suggest(choice.option, options));
  }

  static std::string package_of(const Table& file, const std::string& group) {
    const auto* header = file.find(kPackageKey);
    if (header == nullptr) return group;
    const auto* text = header->get_if<std::string>();
    if (text == nullptr || *text != kGlobalPackage) {
      fail(fmt::format("__package__ = {}: must be \"_global_\"", header->to_toml()), header->origin());
    }
    return "";
  }

  static void merge_self(const Table& file, const std::string& package, Table& result) {
    auto own = file;
    own.erase(kDefaultsKey);
    own.erase(kPackageKey);
    if (own.entries().empty()) return;
    const auto origin = own.entries().front().second.origin();
    merge(result, package.empty() ? own : place(std::move(own), package, origin), "");
  }

  static void apply(const Override& one, Table& result) {
    const auto dot = one.key.rfind('.');
    auto package = dot == std::string::npos ? std::string() : one.key.substr(0, dot);
    std::replace(package.begin(), package.end(), '.', '/');
    Table leaf;
    leaf.set(one.key.substr(dot == std::string::npos ? 0 : dot + 1), one.value);
    merge(result, package.empty() ? leaf : place(std::move(leaf), package, one.value.origin()), "");
  }

  fs::path folder_;
  std::map<std::string, Choice> command_line_choices_;
  std::map<std::string, Choice> file_choices_;
  std::vector<Override> values_;
  std::set<fs::path> open_files_;
};

}  // namespace

Table compose(const ComposeRequest& request) { return Composer(request).compose(request.primary); }

}  // namespace assay::config
