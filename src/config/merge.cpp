#include "config/merge.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "config/defaults.h"
#include "config/fail.h"
#include "config/suggest.h"
#include "core/split.h"

namespace assay::config {
namespace {

bool is_interpolation(const Value& value) {
  const auto* text = value.get_if<std::string>();
  return text != nullptr && text->starts_with("${") && text->ends_with('}');
}

// Whether the type is not known yet, so that a table may replace the value, or the value a table.
bool is_open(const Value& value) {
  return value.get_if<Null>() != nullptr || is_missing(value) || is_interpolation(value);
}

bool is_table(const Value& value) { return value.get_if<Table>() != nullptr; }

void check_no_clash(const Value& existing, const Value& value, const std::string& path) {
  if (is_table(existing) == is_table(value) || is_open(existing) || is_open(value)) return;
  const auto where = existing.origin().to_string();
  if (is_table(value)) {
    fail(fmt::format("{} is {} and cannot become a table", path, shorten(existing.to_toml())), value.origin(),
         fmt::format("it was set at {}", where));
  }
  const auto& entries = existing.get_if<Table>()->entries();
  fail(fmt::format("{} is a table and cannot become {}", path, shorten(value.to_toml())), value.origin(),
       fmt::format("it was made a table at {}; set a key in it, such as {}.{}", where, path,
                   entries.empty() ? "key" : entries.front().first));
}

void merge_below(Table& into, const Table& from, const std::string& path);

void merge_value(Value& existing, const Value& value, const std::string& path) {
  if (is_missing(value)) return;
  check_no_clash(existing, value, path);
  if (is_table(existing) && is_table(value))
    return merge_below(*existing.get_if<Table>(), *value.get_if<Table>(), path);
  auto replacement = value;
  replacement.set_replaced(existing);
  existing = std::move(replacement);
}

void merge_entry(Table& into, const std::string& key, const Value& value, const std::string& path) {
  if (auto* existing = into.find(key)) {
    merge_value(*existing, value, path);
  } else {
    into.set(key, value);
  }
}

void merge_below(Table& into, const Table& from, const std::string& path) {
  for (const auto& [key, value] : from.entries()) merge_entry(into, key, value, path + "." + key);
}

// Parses an index into an array; a negative one counts from its end.
std::optional<std::size_t> read_index(const std::string& text, std::size_t size) {
  long index = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (index < 0) index += static_cast<long>(size);
  if (index < 0 || index >= static_cast<long>(size)) return std::nullopt;
  return static_cast<std::size_t>(index);
}

/// Follows the key of an override through the configuration.
class Editor {
 public:
  Editor(const Override& one, Table& root, NewKeys new_keys)
      : one_(one), root_(root), new_keys_(new_keys), parts_(split(one.key, '.')) {}

  void apply() {
    if (one_.action == Override::Action::kDelete) return erase();
    if (one_.edit != Override::Edit::kReplace) return edit_array(require(root_, 0));
    const auto& value = one_.values.front();
    const bool is_new = new_keys_ == NewKeys::kAllowed && find_path(root_, one_.key) == nullptr;
    if (one_.action == Override::Action::kChange && !is_new) return change(require(root_, 0), value, one_.key);
    add(value);
  }

 private:
  bool is_last(std::size_t i) const { return i + 1 == parts_.size(); }

  std::string path_to(std::size_t i) const {
    std::string path = parts_.front();
    for (std::size_t j = 1; j <= i; ++j) path += "." + parts_[j];
    return path;
  }

  [[noreturn]] void fail_unknown(const Table& table, std::size_t i) const {
    std::vector<std::string> known;
    for (const auto& [key, ignored] : table.entries()) known.push_back(key);
    const auto& argument = one_.text;
    const bool is_plain = one_.action == Override::Action::kChange;
    const auto nearest = suggest(parts_[i], known);
    fail(
        fmt::format("there is no key {}", path_to(i)), one_.origin,
        is_plain ? fmt::format("{}{}`+{}` adds it", nearest, nearest.empty() ? "" : "; ", shorten(argument)) : nearest);
  }

  [[noreturn]] void fail_no_table(const Value& value, std::size_t i) const {
    fail(fmt::format("{} is {} and has no key {}", path_to(i - 1), shorten(value.to_toml()), parts_[i]), one_.origin,
         fmt::format("it was set at {}", value.origin().to_string()));
  }

  // Returns the array element named by part i.
  Value& element(Array& array, std::size_t i) const {
    const auto index = read_index(parts_[i], array.size());
    if (index) return array[*index];
    fail(fmt::format("{} has {} elements: {} is not a valid index", path_to(i - 1), array.size(), parts_[i]),
         one_.origin, "indices begin at 0; `append(...)` adds an element");
  }

  // Returns the value at the key from part i on; it must exist.
  Value& require(Table& table, std::size_t i) const {
    auto* value = table.find(parts_[i]);
    if (value == nullptr) fail_unknown(table, i);
    return is_last(i) ? *value : require(*value, i + 1);
  }

  Value& require(Value& value, std::size_t i) const {
    if (auto* table = value.get_if<Table>()) return require(*table, i);
    auto* array = value.get_if<Array>();
    if (array == nullptr) fail_no_table(value, i);
    auto& inner = element(*array, i);
    return is_last(i) ? inner : require(inner, i + 1);
  }

  // The keys of a table set by an override must already exist, so that a typing mistake in one is found.
  void change(Value& existing, const Value& value, const std::string& path) const {
    const auto* from = value.get_if<Table>();
    auto* into = existing.get_if<Table>();
    if (from == nullptr || into == nullptr) return replace(existing, value, path);
    for (const auto& [key, inner] : from->entries()) {
      auto* slot = into->find(key);
      if (slot == nullptr) {
        std::vector<std::string> known;
        for (const auto& [name, ignored] : into->entries()) known.push_back(name);
        fail(fmt::format("there is no key {}.{}", path, key), one_.origin, suggest(key, known));
      }
      change(*slot, inner, path + "." + key);
    }
  }

  static void replace(Value& existing, Value value, const std::string& path) {
    check_no_clash(existing, value, path);
    value.set_replaced(existing);
    existing = std::move(value);
  }

  void add(const Value& value) {
    auto* slot = &make_slot(root_, 0);
    const bool is_container = is_table(value) || value.get_if<Array>() != nullptr;
    const bool is_empty = slot->get_if<Null>() != nullptr || is_missing(*slot);
    if (one_.action == Override::Action::kAdd && !is_empty && !is_container) {
      fail(fmt::format("{} already exists", one_.key), one_.origin,
           fmt::format("`{0}` changes it; `+{1}` sets it in either case", shorten(one_.text.substr(1)),
                       shorten(one_.text)));
    }
    if (is_table(*slot) && is_table(value))
      return merge_below(*slot->get_if<Table>(), *value.get_if<Table>(), one_.key);
    replace(*slot, value, one_.key);
  }

  // Returns the value at the key; creates missing tables and a null as the last value.
  Value& make_slot(Table& table, std::size_t i) {
    if (table.find(parts_[i]) == nullptr)
      table.set(parts_[i], is_last(i) ? Value(Null{}, one_.origin) : Value(Table(), one_.origin));
    auto& value = *table.find(parts_[i]);
    return is_last(i) ? value : make_slot(value, i + 1);
  }

  Value& make_slot(Value& value, std::size_t i) {
    if (value.get_if<Null>() != nullptr || is_missing(value)) value = Value(Table(), one_.origin);
    if (auto* table = value.get_if<Table>()) return make_slot(*table, i);
    auto* array = value.get_if<Array>();
    if (array == nullptr) fail_no_table(value, i);
    auto& inner = element(*array, i);
    return is_last(i) ? inner : make_slot(inner, i + 1);
  }

  void erase() {
    const auto& existing = require(root_, 0);
    if (!one_.values.empty() && one_.values.front().to_toml() != existing.to_toml()) {
      fail(fmt::format("{} is {}, not {}", one_.key, shorten(existing.to_toml()),
                       shorten(one_.values.front().to_toml())),
           one_.origin, fmt::format("`~{}` removes any value", one_.key));
    }
    if (parts_.size() == 1) return root_.erase(parts_.front());
    const auto last = parts_.back();
    parts_.pop_back();
    auto& parent = require(root_, 0);
    if (auto* table = parent.get_if<Table>()) return table->erase(last);
    auto* array = parent.get_if<Array>();
    array->erase(array->begin() + static_cast<std::ptrdiff_t>(*read_index(last, array->size())));
  }

  void edit_array(Value& existing) const {
    const auto* array = existing.get_if<Array>();
    if (array == nullptr) {
      fail(fmt::format("{} is {}: only an array can be appended to", one_.key, shorten(existing.to_toml())),
           one_.origin, fmt::format("it was set at {}", existing.origin().to_string()));
    }
    auto edited = *array;
    const auto& values = one_.values;
    if (one_.edit == Override::Edit::kAppend) edited.insert(edited.end(), values.begin(), values.end());
    if (one_.edit == Override::Edit::kPrepend) edited.insert(edited.begin(), values.begin(), values.end());
    if (one_.edit == Override::Edit::kRemove) {
      std::erase_if(edited, [&](const Value& element) {
        return std::any_of(values.begin(), values.end(),
                           [&](const Value& value) { return value.to_toml() == element.to_toml(); });
      });
    }
    Value value(std::move(edited), one_.origin);
    value.set_replaced(existing);
    existing = std::move(value);
  }

  const Override& one_;
  Table& root_;
  NewKeys new_keys_;
  std::vector<std::string> parts_;
};

}  // namespace

void merge(Table& into, const Table& file, const std::string& package) {
  const auto& entries = file.entries();
  const auto first =
      std::find_if(entries.begin(), entries.end(), [](const auto& one) { return !is_directive(one.first); });
  if (first == entries.end()) return;
  auto* at = &into;
  std::string path;
  for (const auto& part : package.empty() ? std::vector<std::string>() : split(package, '.')) {
    path += (path.empty() ? "" : ".") + part;
    const Value empty(Table(), first->second.origin());
    merge_entry(*at, part, empty, path);
    at = at->find(part)->get_if<Table>();
  }
  for (auto entry = first; entry != entries.end(); ++entry) {
    if (!is_directive(entry->first))
      merge_entry(*at, entry->first, entry->second, path.empty() ? entry->first : path + "." + entry->first);
  }
}

void apply_override(const Override& one, Table& root, NewKeys new_keys) { Editor(one, root, new_keys).apply(); }

}  // namespace assay::config
