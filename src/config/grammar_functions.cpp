#include "config/grammar_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include "config/grammar_cast.h"
#include "config/suggest.h"
#include "core/rng.h"

namespace assay::config {
namespace {

const std::vector<std::string> kFunctions = {"append", "bool",   "choice",  "float", "glob", "int", "prepend",
                                             "range",  "remove", "shuffle", "sort",  "str",  "tag", "zip"};

bool is_null(const GrammarElement& element) {
  const auto* value = std::get_if<Value>(&element);
  return value != nullptr && value->get_if<Null>() != nullptr;
}

// Booleans count as 0 and 1, as they do in Hydra. A long double holds every 64-bit integer.
std::optional<long double> sortable_number(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<long double>(*integer);
  if (const auto* number = value.get_if<double>(); number != nullptr && !std::isnan(*number)) return *number;
  if (const auto* flag = value.get_if<bool>()) return *flag ? 1.0L : 0.0L;
  return std::nullopt;
}

bool sorts_before(const Value& a, const Value& b) {
  if (const auto* text = a.get_if<std::string>()) return *text < *b.get_if<std::string>();
  return *sortable_number(a) < *sortable_number(b);
}

class Call {
 public:
  Call(const GrammarCall& call, const GrammarText& text) : call_(call), text_(text) {}

  GrammarElement cast() const;
  GrammarElement choice() const;
  GrammarElement zip() const;
  GrammarElement range() const;
  GrammarElement glob() const;
  GrammarElement tag() const;
  GrammarElement sort() const;
  GrammarElement shuffle() const;
  std::vector<Value> plain_values() const;

  [[noreturn]] void fail(std::string_view what, std::string_view advice = "") const {
    text_.fail(call_.position, fmt::format("{}() {}", call_.name, what), advice);
  }
  void check_names(std::initializer_list<std::string_view> names) const;

 private:
  const GrammarElement* named(std::string_view name) const;
  std::vector<const GrammarElement*> bind(std::initializer_list<std::string_view> names) const;
  const GrammarElement* subject() const;

  Value cast_value(const Value& value) const;
  const Value& number(const GrammarElement& element) const;
  std::vector<std::string> patterns(const GrammarElement& element) const;
  void sort_values(std::vector<Value>& values, bool reverse) const;

  const GrammarCall& call_;
  const GrammarText& text_;
};

// --- Arguments ---

// As in Hydra, the last of several arguments with one name counts.
const GrammarElement* Call::named(std::string_view name) const {
  const GrammarElement* found = nullptr;
  for (const auto& [given, element] : call_.named) {
    if (given == name) found = &element;
  }
  return found;
}

void Call::check_names(std::initializer_list<std::string_view> names) const {
  for (const auto& [given, element] : call_.named) {
    if (std::find(names.begin(), names.end(), given) != names.end()) continue;
    fail(fmt::format("has no argument `{}`", shown(given)),
         names.size() == 0 ? "" : suggest(given, std::vector<std::string>(names.begin(), names.end())));
  }
}

// In the order of `names`; nullptr for arguments not given.
std::vector<const GrammarElement*> Call::bind(std::initializer_list<std::string_view> names) const {
  check_names(names);
  if (call_.positional.size() > names.size()) fail(fmt::format("takes at most {} arguments", names.size()));
  std::vector<const GrammarElement*> bound;
  for (const auto name : names) {
    bound.push_back(named(name));
    if (bound.size() > call_.positional.size()) continue;
    if (bound.back() != nullptr) fail(fmt::format("was given `{}` twice", name));
    bound.back() = &call_.positional[bound.size() - 1];
  }
  if (bound.front() == nullptr) fail(fmt::format("needs `{}`", *names.begin()));
  return bound;
}

std::vector<Value> Call::plain_values() const {
  std::vector<Value> values;
  for (const auto& element : call_.positional) {
    if (!std::holds_alternative<Value>(element)) fail("takes values, and no sweep among them");
    values.push_back(std::get<Value>(element));
  }
  if (values.empty()) fail("needs a value");
  return values;
}

// Returns the one list or sweep to sort or shuffle; nullptr if several values were given.
const GrammarElement* Call::subject() const {
  const auto* list = named("list");
  const auto* sweep = named("sweep");
  if (list == nullptr && sweep == nullptr) return call_.positional.size() == 1 ? &call_.positional.front() : nullptr;
  if (!call_.positional.empty() || (list != nullptr && sweep != nullptr)) {
    fail("takes only one of values, `list=` and `sweep=`");
  }
  if (sweep != nullptr && !std::holds_alternative<GrammarSweep>(*sweep)) fail("needs a sweep as `sweep`");
  if (list == nullptr) return sweep;
  const auto* value = std::get_if<Value>(list);
  if (value == nullptr || value->get_if<Array>() == nullptr) fail("needs a list as `list`");
  return list;
}

// --- Casts ---

GrammarElement Call::cast() const {
  check_names({"value"});
  const auto* value = named("value");
  if (value != nullptr && is_null(*value)) value = nullptr;
  if (value != nullptr && !call_.positional.empty()) fail("takes values or `value=`, not both");
  if (value == nullptr && call_.positional.size() == 1) value = &call_.positional.front();
  auto sweep = value == nullptr ? GrammarSweep{plain_values(), std::nullopt} : GrammarSweep{};
  if (value != nullptr) {
    if (const auto* single = std::get_if<Value>(value)) return cast_value(*single);
    if (std::holds_alternative<Glob>(*value)) fail("takes no glob()");
    sweep = std::get<GrammarSweep>(*value);
  }
  if (sweep.is_from_range && (call_.name == "str" || call_.name == "bool")) fail("takes no range()");
  if (sweep.range) {
    sweep.range =
        GrammarRange{cast_value(sweep.range->start), cast_value(sweep.range->stop), cast_value(sweep.range->step)};
  }
  for (auto& element : sweep.values) element = cast_value(element);
  return sweep;
}

Value Call::cast_value(const Value& value) const {
  if (const auto* array = value.get_if<Array>()) {
    Array cast_array;
    for (const auto& element : *array) cast_array.push_back(cast_value(element));
    return {std::move(cast_array), value.origin()};
  }
  if (const auto* table = value.get_if<Table>()) {
    Table cast_table;
    for (const auto& [key, element] : table->entries()) cast_table.set(key, cast_value(element));
    return {std::move(cast_table), value.origin()};
  }
  auto scalar = cast_scalar(value, call_.name);
  if (!scalar) fail(fmt::format("cannot take {}", shown(value.to_toml())));
  return {std::move(*scalar), value.origin()};
}

// --- Sweeps ---

GrammarElement Call::choice() const {
  check_names({});
  if (call_.positional.size() == 1) {
    if (const auto* sweep = std::get_if<GrammarSweep>(&call_.positional.front())) {
      if (sweep->is_chosen) fail("does not nest");
      if (sweep->is_from_range) fail("takes no range()", "a range is a sweep already");
      auto chosen = *sweep;
      chosen.is_chosen = true;
      return chosen;
    }
  }
  return GrammarSweep{plain_values(), std::nullopt, false, true};
}

GrammarElement Call::zip() const {
  check_names({});
  const auto* inner = call_.positional.size() == 1 ? std::get_if<GrammarSweep>(&call_.positional.front()) : nullptr;
  auto zipped = inner == nullptr ? GrammarSweep{plain_values(), std::nullopt, false, false} : *inner;
  zipped.is_zipped = true;
  return zipped;
}

const Value& Call::number(const GrammarElement& element) const {
  const auto* value = std::get_if<Value>(&element);
  if (value != nullptr && value->get_if<std::int64_t>() != nullptr) return *value;
  const auto* decimal = value == nullptr ? nullptr : value->get_if<double>();
  if (decimal == nullptr || !std::isfinite(*decimal)) fail("takes finite numbers");
  return *value;
}

GrammarElement Call::range() const {
  const auto arguments = bind({"start", "stop", "step"});
  const bool has_stop = arguments[1] != nullptr && !is_null(*arguments[1]);
  const auto& start = number(*arguments[0]);
  const Value zero{std::int64_t{0}, start.origin()};
  const Value one{std::int64_t{1}, start.origin()};
  const auto& step = arguments[2] == nullptr ? one : number(*arguments[2]);
  return GrammarSweep{
      {}, has_stop ? GrammarRange{start, number(*arguments[1]), step} : GrammarRange{zero, start, step}, true};
}

std::vector<std::string> Call::patterns(const GrammarElement& element) const {
  if (is_null(element)) return {};
  const auto* value = std::get_if<Value>(&element);
  if (value == nullptr) fail("takes patterns, and no sweep");
  if (const auto* text = value->get_if<std::string>()) return {*text};
  const auto* array = value->get_if<Array>();
  if (array == nullptr) fail("takes a pattern or a list of patterns");
  std::vector<std::string> texts;
  for (const auto& one : *array) {
    if (one.get_if<std::string>() == nullptr) fail(fmt::format("takes patterns, not {}", one.type_name()));
    texts.push_back(*one.get_if<std::string>());
  }
  return texts;
}

GrammarElement Call::glob() const {
  const auto arguments = bind({"include", "exclude"});
  if (is_null(*arguments[0])) fail("needs `include`");
  return Glob{patterns(*arguments[0]), arguments[1] == nullptr ? std::vector<std::string>{} : patterns(*arguments[1])};
}

// Tags are meant for sweepers that use them; none here does.
GrammarElement Call::tag() const {
  check_names({"sweep"});
  auto arguments = call_.positional;
  if (arguments.empty()) fail("needs tags and a sweep");
  const auto* sweep = named("sweep");
  if (sweep != nullptr && !is_null(*sweep)) arguments.push_back(*sweep);
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    const auto* value = std::get_if<Value>(&arguments[i]);
    if (value == nullptr || value->get_if<std::string>() == nullptr) fail("takes strings as tags");
  }
  if (!std::holds_alternative<GrammarSweep>(arguments.back())) fail("needs a sweep as its last argument");
  return arguments.back();
}

void Call::sort_values(std::vector<Value>& values, bool reverse) const {
  if (values.size() < 2) return;
  const auto is_text = [](const Value& value) { return value.get_if<std::string>() != nullptr; };
  const auto is_number = [](const Value& value) { return sortable_number(value).has_value(); };
  if (!std::all_of(values.begin(), values.end(), is_text) && !std::all_of(values.begin(), values.end(), is_number)) {
    fail("sorts strings or numbers, not both, and nothing else");
  }
  std::stable_sort(values.begin(), values.end(), [reverse](const Value& a, const Value& b) {
    return reverse ? sorts_before(b, a) : sorts_before(a, b);
  });
}

GrammarElement Call::sort() const {
  check_names({"sweep", "list", "reverse"});
  bool reverse = false;
  if (const auto* element = named("reverse")) {
    const auto* value = std::get_if<Value>(element);
    if (value == nullptr || value->get_if<bool>() == nullptr) fail("takes true or false as `reverse`");
    reverse = *value->get_if<bool>();
  }
  const auto* given = subject();
  if (given == nullptr) {
    GrammarSweep sorted{plain_values(), std::nullopt};
    sort_values(sorted.values, reverse);
    return sorted;
  }
  if (std::holds_alternative<Glob>(*given)) fail("takes no glob()", "a glob lists its options in order already");
  auto sorted = *given;
  if (auto* sweep = std::get_if<GrammarSweep>(&sorted)) {
    sweep->values = sweep_values(*sweep, call_.position, text_);
    sweep->range.reset();
    sort_values(sweep->values, reverse);
  } else if (auto* array = std::get<Value>(sorted).get_if<Array>()) {
    sort_values(*array, reverse);
  }
  return sorted;
}

// Always in the same order, so that a sweep can be repeated and resumed.
void shuffle_values(std::vector<Value>& values) {
  Rng rng(0, Stream::kShuffle);
  for (auto i = values.size(); i > 1; --i) std::swap(values[i - 1], values[rng.below(static_cast<std::uint32_t>(i))]);
}

GrammarElement Call::shuffle() const {
  check_names({"sweep", "list"});
  const auto* given = subject();
  if (given == nullptr) {
    GrammarSweep shuffled{plain_values(), std::nullopt};
    shuffle_values(shuffled.values);
    return shuffled;
  }
  if (std::holds_alternative<Glob>(*given)) fail("takes no glob()");
  auto shuffled = *given;
  if (auto* sweep = std::get_if<GrammarSweep>(&shuffled)) {
    sweep->values = sweep_values(*sweep, call_.position, text_);
    sweep->range.reset();
    shuffle_values(sweep->values);
    return shuffled;
  }
  auto& value = std::get<Value>(shuffled);
  if (auto* array = value.get_if<Array>()) {
    shuffle_values(*array);
    return shuffled;
  }
  return Value(Array{value}, value.origin());
}

}  // namespace

GrammarElement call_function(const GrammarCall& call, const GrammarText& text) {
  const Call evaluation(call, text);
  const auto& name = call.name;
  if (name == "int" || name == "float" || name == "bool" || name == "str") return evaluation.cast();
  if (name == "choice") return evaluation.choice();
  if (name == "zip") return evaluation.zip();
  if (name == "range") return evaluation.range();
  if (name == "glob") return evaluation.glob();
  if (name == "tag") return evaluation.tag();
  if (name == "sort") return evaluation.sort();
  if (name == "shuffle") return evaluation.shuffle();
  if (name == "interval") {
    evaluation.fail("is for sweepers that search by themselves, and there is none",
                    "name the values: choice(1, 2) or range(0, 1, 0.1)");
  }
  if (edit_called(name)) evaluation.fail("must stand alone after the `=`", fmt::format("as in `key={}(a, b)`", name));
  evaluation.fail("is not a function", suggest(name, kFunctions) + " (text with parentheses needs quotes)");
}

std::optional<Override::Edit> edit_called(std::string_view name) {
  if (name == "append") return Override::Edit::kAppend;
  if (name == "prepend") return Override::Edit::kPrepend;
  if (name == "remove") return Override::Edit::kRemove;
  return std::nullopt;
}

std::vector<Value> edit_values(const GrammarCall& call, const GrammarText& text) {
  const Call evaluation(call, text);
  evaluation.check_names({});
  return evaluation.plain_values();
}

}  // namespace assay::config
