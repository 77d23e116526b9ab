#include "config/defaults_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "config/defaults_node.h"
#include "config/fail.h"
#include "config/problems.h"
#include "config/suggest.h"

namespace assay::config {
namespace {

using Kind = DefaultsEntry::Kind;
using Node = DefaultsNode;

struct Choice {
  std::vector<std::string> options;
  bool is_list = false;
  Origin origin;
  bool is_from_file = false;
  bool is_used = false;
};

struct Deletion {
  std::string option;  // empty: any option
  Origin origin;
  bool is_used = false;
};

std::string key_of(const Override& one) { return one.package ? one.key + "@" + *one.package : one.key; }

class Walker {
 public:
  Walker(ConfigFiles& files, const std::vector<Override>& choices) : files_(files) {
    for (const auto& one : choices) problems_.collect([&] { add_choice(one); });
  }

  std::vector<PlacedFile> walk(const std::string& primary) {
    Node root;
    root.entry.kind = Kind::kConfig;
    root.entry.path = primary;
    if (files_.find(primary) == nullptr) {
      std::string folders;
      for (const auto& folder : files_.folders()) folders += (folders.empty() ? "" : ", ") + folder.string();
      throw Error(ErrorKind::kConfig, fmt::format("there is no configuration {}.toml in {}", primary, folders), "",
                  "give the folder with --config-dir");
    }
    auto placed = attempt([&] { return expand(root, /*is_interpolated=*/false); });
    if (problems_.empty()) check_all_used();
    if (problems_.empty()) check_unique(placed);
    problems_.throw_if_any();
    return placed;
  }

 private:
  void add_choice(const Override& one) {
    using Action = Override::Action;
    const auto key = key_of(one);
    if (one.action == Action::kForce) {
      fail(fmt::format("`++` cannot choose an option of the group {}", one.key), one.origin,
           fmt::format("`{0}=...` changes a choice, `+{0}=...` adds one", key));
    }
    const auto options = read_options(one);
    if (one.action == Action::kDelete) {
      deletions_.insert_or_assign(key, Deletion{options.empty() ? "" : options.front(), one.origin});
    } else if (one.action == Action::kAdd) {
      DefaultsEntry entry;
      entry.kind = Kind::kGroup;
      entry.path = one.key;
      entry.package = one.package;
      entry.options = options;
      entry.is_list = one.values.front().get_if<Array>() != nullptr;
      entry.origin = one.origin;
      added_.push_back(std::move(entry));
    } else {
      choices_.insert_or_assign(key, Choice{options, one.values.front().get_if<Array>() != nullptr, one.origin});
    }
  }

  static std::vector<std::string> read_options(const Override& one) {
    if (one.values.empty()) return {};
    const auto& value = one.values.front();
    if (const auto* option = value.get_if<std::string>()) return {*option};
    std::vector<std::string> options;
    const auto* array = value.get_if<Array>();
    const bool is_allowed = array != nullptr && one.action != Override::Action::kDelete;
    for (const auto& element : is_allowed ? *array : Array{}) {
      if (const auto* option = element.get_if<std::string>()) options.push_back(*option);
    }
    if (is_allowed && options.size() == array->size()) return options;
    fail(fmt::format("{} is a group: {} is not the name of an option", one.key, value.to_toml()), one.origin,
         value.get_if<Null>() != nullptr ? fmt::format("`~{}` removes the group", one.key) : "");
  }

  // Continues after a mistake, so that those of all files are reported together.
  template <typename Expand>
  std::vector<PlacedFile> attempt(const Expand& expand_one) {
    const auto num_open = open_.size();
    std::vector<PlacedFile> placed;
    problems_.collect([&] { placed = expand_one(); });
    open_.resize(num_open);
    return placed;
  }

  std::vector<PlacedFile> expand(Node node, bool is_interpolated) {
    const bool names_file = !node.is_group() || (!node.option().empty() && node.option() != kMissingText);
    const auto name = node.name();
    const auto* file = names_file ? files_.find(name) : nullptr;
    if (file != nullptr) node.header = header_of(*file, node);
    if (is_deleted(node)) return {};
    note_choice(node);
    if (node.is_group() && node.entry.options.empty()) return {};
    if (node.is_group() && node.option() == kMissingText) fail_missing(node);
    if (file == nullptr) {
      if (node.entry.is_optional) return {};
      fail_not_found(node);
    }
    if (std::find(open_.begin(), open_.end(), name) != open_.end()) fail_cycle(node);
    open_.push_back(name);
    auto placed = expand_entries(node, *file, is_interpolated);
    open_.pop_back();
    return placed;
  }

  std::vector<PlacedFile> expand_entries(const Node& node, const Table& file, bool is_interpolated) {
    auto entries = read_defaults(file);
    if (open_.size() == 1) {
      if (entries.empty()) entries.emplace_back();
      entries.insert(entries.end(), added_.begin(), added_.end());
    }
    const auto below = place_below(node);
    const auto self = PlacedFile{below.parent, below.package, node.is_group() ? node.key() : "", node.parent};
    if (entries.empty()) return {self};
    note_overrides(entries, below, is_interpolated);
    std::vector<std::vector<PlacedFile>> parts(entries.size());
    std::vector<std::pair<std::size_t, Node>> deferred;
    // From last to first: an override further down must be known before the entry that it changes.
    for (auto i = entries.size(); i-- > 0;) {
      if (entries[i].kind == Kind::kSelf) parts[i] = {self};
      if (entries[i].kind == Kind::kSelf || entries[i].is_override) continue;
      auto child = below;
      child.entry = std::move(entries[i]);
      take_choice(child);
      if (child.entry.is_list) {
        parts[i] = attempt([&] { return expand_list(child, is_interpolated); });
      } else if (is_interpolation(child)) {
        deferred.emplace_back(i, std::move(child));
      } else {
        parts[i] = attempt([&] { return expand(std::move(child), is_interpolated); });
      }
    }
    if (!problems_.empty()) return {};
    for (auto& one : deferred) {
      interpolate(one.second);
      parts[one.first] = attempt([&] { return expand(std::move(one.second), /*is_interpolated=*/true); });
    }
    std::vector<PlacedFile> placed;
    for (auto& part : parts) std::move(part.begin(), part.end(), std::back_inserter(placed));
    return placed;
  }

  // Several options of a group are files that cannot be overridden one by one.
  std::vector<PlacedFile> expand_list(const Node& list, bool is_interpolated) {
    std::vector<std::vector<PlacedFile>> parts;
    for (auto option = list.entry.options.rbegin(); option != list.entry.options.rend(); ++option) {
      if (option->find("${") != std::string::npos)
        fail("an option among several cannot be an interpolation", list.entry.origin);
      auto item = list;
      item.entry.kind = Kind::kConfig;
      item.entry.path = list.entry.path + "/" + *option;
      item.entry.options.clear();
      item.entry.is_list = false;
      parts.push_back(expand(std::move(item), is_interpolated));
    }
    std::vector<PlacedFile> placed;
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      std::move(part->begin(), part->end(), std::back_inserter(placed));
    return placed;
  }

  // The properties shared by all entries of the parent's defaults list.
  static Node place_below(const Node& parent) {
    return {{}, parent.group(), parent.final_package(), parent.name(), std::nullopt};
  }

  static std::optional<std::string> header_of(const Table& file, const Node& node) {
    auto header = read_package(file);
    if (!header) return std::nullopt;
    if (*header == "_group_") return fmt::format("{}.{}", kGlobalPackage, as_package(node.group()));
    if (header->empty() || *header == kGlobalPackage) return std::string(kGlobalPackage);
    return header->starts_with(std::string(kGlobalPackage) + ".") ? *header
                                                                  : fmt::format("{}.{}", kGlobalPackage, *header);
  }

  void note_overrides(const std::vector<DefaultsEntry>& entries, Node below, bool is_interpolated) {
    for (const auto& entry : entries) {
      if (!entry.is_override) continue;
      below.entry = entry;
      const auto key = below.key();
      if (is_interpolated) {
        fail(fmt::format("`override {}` in a file chosen by an interpolation comes too late", entry.path), entry.origin,
             "choose the file by its name");
      }
      choices_.try_emplace(key, Choice{entry.options, entry.is_list, entry.origin, /*is_from_file=*/true});
    }
  }

  void take_choice(Node& node) {
    if (!node.is_group() || choices_.empty()) return;
    const auto found = choices_.find(node.key());
    if (found == choices_.end()) return;
    found->second.is_used = true;
    node.entry.options = found->second.options;
    node.entry.is_list = found->second.is_list;
    node.entry.origin = found->second.origin;
  }

  void note_choice(const Node& node) {
    if (!node.is_group()) return;
    const auto key = node.key();
    const auto [known, is_new] = known_.try_emplace(key, Choice{node.entry.options, false, node.entry.origin});
    if (!is_new && known->second.options != node.entry.options) {
      fail(fmt::format("{} is chosen twice: {} and {}", key, describe(known->second.options),
                       describe(node.entry.options)),
           node.entry.origin,
           fmt::format("the other is at {}; `override {}` changes a choice", known->second.origin.to_string(), key));
    }
  }

  static std::string describe(const std::vector<std::string>& options) {
    return options.empty() ? "none" : options.front();
  }

  bool is_deleted(const Node& node) {
    if (!node.is_group() || deletions_.empty()) return false;
    const auto found = deletions_.find(node.key());
    if (found == deletions_.end()) return false;
    if (!found->second.option.empty() && found->second.option != node.option()) return false;
    found->second.is_used = true;
    return true;
  }

  static bool is_interpolation(const Node& node) {
    return node.entry.path.find("${") != std::string::npos || node.option().find("${") != std::string::npos;
  }

  // Replaces each `${group}` by the option chosen for that group.
  void interpolate(Node& node) const {
    auto& text = node.is_group() ? node.entry.options.front() : node.entry.path;
    for (auto begin = text.find("${"); begin != std::string::npos; begin = text.find("${")) {
      const auto end = text.find('}', begin);
      const auto key = text.substr(begin + 2, end == std::string::npos ? end : end - begin - 2);
      const auto found = known_.find(key);
      if (end == std::string::npos || found == known_.end() || found->second.options.empty()) {
        std::vector<std::string> keys;
        for (const auto& [name, ignored] : known_) keys.push_back(name);
        fail(fmt::format("\"{}\" names no group whose choice is known here", text), node.entry.origin,
             suggest(key, keys));
      }
      text.replace(begin, end - begin + 1, found->second.options.front());
    }
  }

  [[noreturn]] void fail_missing(const Node& node) const {
    fail(fmt::format("an option of {} must be chosen", node.key()), node.entry.origin,
         fmt::format("`{}=...`; one of: {}", node.key(), fmt::join(files_.options(node.group()), ", ")));
  }

  [[noreturn]] void fail_not_found(const Node& node) const {
    const auto group = node.group();
    const auto name = node.name().substr(node.name().rfind('/') + 1);
    const auto options = files_.options(group);
    if (group.empty()) fail(fmt::format("there is no configuration {}", name), node.entry.origin);
    if (options.empty())
      fail(fmt::format("there is no group {}", group), node.entry.origin, suggest(group, files_.groups()));
    fail(fmt::format("group {} has no option {}", group, name), node.entry.origin, suggest(name, options));
  }

  [[noreturn]] void fail_cycle(const Node& node) const {
    std::string path;
    for (const auto& name : open_) path += name + " -> ";
    fail(fmt::format("{} includes itself: {}{}", node.name(), path, node.name()), node.entry.origin);
  }

  void check_all_used() {
    for (const auto& [key, choice] : choices_) {
      if (!choice.is_used) problems_.collect([&, &key = key, &choice = choice] { fail_unused(key, choice); });
    }
    for (const auto& [key, deletion] : deletions_) {
      if (!deletion.is_used) problems_.collect([&, &key = key, &deletion = deletion] { fail_unused(key, deletion); });
    }
  }

  [[noreturn]] void fail_unused(const std::string& key, const Deletion& deletion) const {
    const auto known = known_.find(key);
    if (known != known_.end())
      fail(fmt::format("{} is {}, not {}", key, describe(known->second.options), deletion.option), deletion.origin);
    fail(fmt::format("no defaults list names {}", key), deletion.origin, suggest(key, known_keys()));
  }

  [[noreturn]] void fail_unused(const std::string& key, const Choice& choice) const {
    const auto group = key.substr(0, key.find('@'));
    std::string places;
    for (const auto& name : known_keys()) {
      if (name.substr(0, name.find('@')) == group) places += (places.empty() ? "`" : ", `") + name + "`";
    }
    const auto hint = !places.empty()       ? fmt::format("did you mean {}?", places)
                      : choice.is_from_file ? suggest(key, known_keys())
                                            : fmt::format("`+{}={}` adds it", key, describe(choice.options));
    fail(fmt::format("no defaults list names {}, so there is nothing to override", key), choice.origin, hint);
  }

  std::vector<std::string> known_keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, ignored] : known_) keys.push_back(key);
    return keys;
  }

  void check_unique(const std::vector<PlacedFile>& placed) const {
    std::set<std::string> keys;
    for (const auto& file : placed) {
      if (file.key.empty() || keys.insert(file.key).second) continue;
      fail(fmt::format("{} is chosen twice", file.key), known_.at(file.key).origin,
           "a group can be placed several times when each has its own package: {\"group@package\" = \"option\"}");
    }
  }

  ConfigFiles& files_;
  std::map<std::string, Choice> choices_;
  std::map<std::string, Choice> known_;
  std::map<std::string, Deletion> deletions_;
  std::vector<DefaultsEntry> added_;
  std::vector<std::string> open_;
  Problems problems_;
};

}  // namespace

std::vector<PlacedFile> make_defaults_list(ConfigFiles& files, const std::string& primary,
                                           const std::vector<Override>& choices) {
  return Walker(files, choices).walk(primary);
}

}  // namespace assay::config
