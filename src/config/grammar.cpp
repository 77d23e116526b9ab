#include "config/grammar.h"

#include <fmt/format.h>

#include "config/depth.h"
#include "config/grammar_functions.h"
#include "config/grammar_scanner.h"
#include "config/grammar_text.h"

namespace assay::config {
namespace {

class Parser {
 public:
  explicit Parser(const GrammarText& source) : source_(source), in_(source) {}

  // Parses the whole text as an override; sets everything but `text` and `origin`.
  Override parse_override();

  // Parses the whole text as one value.
  Value parse_single();

 private:
  Override::Action read_action();
  void read_values(Override& result);
  void read_edit(Override& result, Override::Edit edit);
  void read_choices(Override& result);

  GrammarElement read_element();
  Value read_plain_element();
  Value read_list();
  Value read_table();
  GrammarCall read_call();
  Value read_primitive();

  Value make(Value::Data data) const { return {std::move(data), source_.origin()}; }

  // Counts one level of brackets, so that no input exhausts the stack.
  Level enter() {
    return Level(depth_, [this] { source_.fail(in_.position(), fmt::format("more than {} levels deep", kMaxDepth)); });
  }

  const GrammarText& source_;
  GrammarScanner in_;
  int depth_ = 0;
};

Override::Action Parser::read_action() {
  if (in_.take('~')) return Override::Action::kDelete;
  if (!in_.take('+')) return Override::Action::kChange;
  return in_.take('+') ? Override::Action::kForce : Override::Action::kAdd;
}

Override Parser::parse_override() {
  Override result;
  result.action = read_action();
  result.key = in_.read_key();
  if (in_.take('@')) result.package = in_.read_package();
  if (in_.at_end() && result.action == Override::Action::kDelete) return result;
  const auto position = in_.position();
  if (!in_.take('=')) {
    if (in_.take_separator('=')) source_.fail(position, "blanks before the `=`", "write key=value");
    source_.fail_expected(position, "`=`", "an override has the form key=value");
  }
  in_.skip_blanks();
  read_values(result);
  return result;
}

void Parser::read_values(Override& result) {
  if (in_.at_end()) {
    result.values.push_back(make(std::string()));
  } else if (const auto edit = edit_called(in_.called_name())) {
    read_edit(result, *edit);
  } else {
    read_choices(result);
  }
  in_.expect_end();
}

void Parser::read_edit(Override& result, Override::Edit edit) {
  const auto call = read_call();
  if (result.action == Override::Action::kDelete) {
    source_.fail(call.position, fmt::format("`~` deletes, but {}() edits", call.name), "omit the `~`");
  }
  result.edit = edit;
  result.values = edit_values(call, source_);
}

void Parser::read_choices(Override& result) {
  const auto start = in_.position();
  auto element = read_element();
  auto* value = std::get_if<Value>(&element);
  result.is_sweep = value == nullptr;
  if (auto* glob = std::get_if<Glob>(&element)) result.glob = std::move(*glob);
  if (const auto* sweep = std::get_if<GrammarSweep>(&element)) {
    result.values = sweep_values(*sweep, start, source_);
    result.is_zipped = sweep->is_zipped;
  }
  if (value == nullptr) return;
  result.values.push_back(std::move(*value));
  while (in_.take_separator(',')) {
    result.values.push_back(read_plain_element());
    result.is_sweep = true;
  }
}

Value Parser::parse_single() {
  in_.skip_blanks();
  if (in_.at_end()) return make(std::string());
  auto value = read_plain_element();
  in_.expect_end();
  return value;
}

Value Parser::read_plain_element() {
  const auto start = in_.position();
  auto element = read_element();
  if (!std::holds_alternative<Value>(element)) source_.fail(start, "a sweep cannot stand inside another value");
  return std::get<Value>(std::move(element));
}

GrammarElement Parser::read_element() {
  if (in_.peek() == '[') return read_list();
  if (in_.peek() == '{') return read_table();
  if (!in_.called_name().empty()) return call_function(read_call(), source_);
  return read_primitive();
}

Value Parser::read_list() {
  const Level level = enter();
  in_.take_separator('[');
  Array elements;
  if (in_.take_closing(']')) return make(std::move(elements));
  do {
    elements.push_back(read_plain_element());
  } while (in_.take_separator(','));
  if (!in_.take_closing(']')) in_.fail_value("`,` or `]`");
  return make(std::move(elements));
}

Value Parser::read_table() {
  const Level level = enter();
  in_.take_separator('{');
  Table table;
  if (in_.take_closing('}')) return make(std::move(table));
  do {
    const auto key = in_.read_table_key();
    if (!in_.take_separator(':')) {
      source_.fail_expected(in_.position(), "`:`", "a table is written {key: value, other: value}");
    }
    table.set(key, read_plain_element());
  } while (in_.take_separator(','));
  if (!in_.take_closing('}')) in_.fail_value("`,` or `}`");
  return make(std::move(table));
}

GrammarCall Parser::read_call() {
  const Level level = enter();
  const auto position = in_.position();
  GrammarCall call{in_.take_name_before('('), position, {}, {}};
  if (in_.take_closing(')')) return call;
  do {
    const auto start = in_.position();
    if (auto name = in_.take_name_before('='); !name.empty()) {
      call.named.emplace_back(std::move(name), read_element());
      continue;
    }
    auto element = read_element();
    if (!call.named.empty()) source_.fail(start, "an argument without a name follows one with a name");
    call.positional.push_back(std::move(element));
  } while (in_.take_separator(','));
  if (!in_.take_closing(')')) in_.fail_value("`,` or `)`");
  return call;
}

Value Parser::read_primitive() {
  if (in_.peek() == '\'' || in_.peek() == '"') return make(in_.read_quoted());
  const auto start = in_.position();
  auto [word, is_verbatim] = in_.read_word();
  if (!is_verbatim) return make(std::move(word));
  if (equals_ignoring_case(word, "null")) return make(Null());
  if (equals_ignoring_case(word, "true")) return make(true);
  if (equals_ignoring_case(word, "false")) return make(false);
  if (is_integer(word)) {
    if (const auto integer = parse_integer(word)) return make(*integer);
    source_.fail(start, "an integer beyond 64 bits", "quote it if it is text, or write it with a decimal point");
  }
  if (is_decimal(word)) {
    if (const auto number = parse_decimal(word)) return make(*number);
    source_.fail(start, "a number beyond the range of 64 bits", "quote it if it is text");
  }
  return make(std::move(word));
}

}  // namespace

Override parse_override(std::string_view argument, int position) {
  const GrammarText source(argument, {fmt::format("override {}: `{}`", position, shown(argument)), 0, 0});
  source.check_utf8();
  auto result = Parser(source).parse_override();
  result.text = std::string(argument);
  result.origin = source.origin();
  return result;
}

Value parse_element(std::string_view text, const Origin& origin) {
  const GrammarText source(text, origin);
  source.check_utf8();
  return Parser(source).parse_single();
}

}  // namespace assay::config
