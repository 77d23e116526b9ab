#include "config/resolve.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "config/depth.h"
#include "config/fail.h"
#include "config/interpolation.h"
#include "config/node_tree.h"
#include "config/resolvers.h"
#include "config/suggest.h"
#include "core/error.h"

namespace assay::config {
namespace {

constexpr std::size_t kMaxValues = 1'000'000;
constexpr std::size_t kMaxTextBytes = 64 << 20;

/// Leaves a value whose mistake has been reported.
struct Reported {};

/// Ends the whole resolution.
struct GiveUp {
  std::string message;
};

[[noreturn]] void fail(std::string message, std::string hint = "") {
  throw Error(ErrorKind::kConfig, std::move(message), "", std::move(hint));
}

class Resolution {
 public:
  Resolution(const Table& composed, const std::map<std::string, Resolver>& resolvers, Problems& problems)
      : tree_(composed), resolvers_(resolvers), problems_(problems) {}

  Table run() {
    try {
      visit(tree_.root());
      bool is_complete = true;
      auto whole = build(tree_.root(), is_complete);
      return std::move(*whole.get_if<Table>());
    } catch (const GiveUp& failure) {
      problems_.add(failure.message);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kConfig) throw;
      problems_.add(error.message(), error.location(), error.hint());
    }
    return {};
  }

 private:
  enum class Lookup { kMustExist, kMayLack };
  using TreeResolver = Node& (Resolution::*)(const std::vector<Value>&, Node&);

  /// Marks a node as being resolved or built, for the path of a cycle; also in its flag.
  class Entered {
   public:
    Entered(Resolution& owner, const Node& node, bool* flag = nullptr) : stack_(owner.stack_), flag_(flag) {
      stack_.push_back(&node);
      if (flag_ != nullptr) *flag_ = true;
    }
    ~Entered() {
      stack_.pop_back();
      if (flag_ != nullptr) *flag_ = false;
    }
    Entered(const Entered&) = delete;
    Entered& operator=(const Entered&) = delete;

   private:
    std::vector<const Node*>& stack_;
    bool* flag_;
  };

  void spend(std::size_t num_values, std::size_t num_bytes) {
    num_values_ += num_values;
    num_bytes_ += num_bytes;
    if (num_values_ <= kMaxValues && num_bytes_ <= kMaxTextBytes) return;
    throw GiveUp{fmt::format("the `${{...}}` make the configuration larger than {} values or {} MB of text", kMaxValues,
                             kMaxTextBytes >> 20)};
  }

  /// Resolves every text below, so that all mistakes are found.
  void visit(Node& node) {
    const Level level(depth_);
    try {
      if (&resolved(node) != &node) return;
    } catch (const Reported&) {
      return;
    }
    for (auto* child : tree_.children(node)) visit(*child);
  }

  [[noreturn]] void fail_cycle(const Node& node) const {
    std::string path;
    const Node* last = nullptr;
    for (auto at = std::find(stack_.begin(), stack_.end(), &node); at != stack_.end(); last = *at++) {
      if (*at != last) path += (*at)->label() + " -> ";
    }
    fail("it is a cycle: " + path + node.label());
  }

  void report(Node& node, const Error& error) {
    if (error.kind() != ErrorKind::kConfig) throw;
    node.state = Node::State::kFailed;
    const auto* text = node.value->get_if<std::string>();
    const auto what = text == nullptr ? "" : " = " + shorten(node.value->to_toml());
    problems_.add(fmt::format("{}{}: {}", node.path(), what, error.message()), node.value->origin().to_string(),
                  error.hint());
  }

  /// Follows interpolations to a plain value. Throws Reported if there is none.
  Node& resolved(Node& node) {
    if (node.state == Node::State::kDone) return *node.target;
    if (node.state == Node::State::kFailed) throw Reported{};
    const auto* text = node.value->get_if<std::string>();
    if (text == nullptr || node.is_made || !has_interpolation(*text)) return node;
    if (node.state == Node::State::kBusy) fail_cycle(node);
    try {
      const Level level(depth_);
      const Entered entered(*this, node);
      node.state = Node::State::kBusy;
      node.target = &evaluate(parse_interpolated(*text), node);
      node.state = Node::State::kDone;
    } catch (const Reported&) {
      node.state = Node::State::kFailed;
    } catch (const Error& error) {
      report(node, error);
    }
    if (node.state == Node::State::kFailed) throw Reported{};
    return *node.target;
  }

  Node& evaluate(const Expression& expression, Node& holder) {
    if (expression.kind == Expression::Kind::kCall) return call(expression, holder);
    if (expression.kind != Expression::Kind::kNode) return tree_.make(value_of(expression, holder), holder);
    auto& target = *select(joined_names(expression.parts, holder), holder, Lookup::kMustExist);
    for (const auto* outer = holder.parent; outer != nullptr; outer = outer->parent) {
      if (outer == &target) fail(fmt::format("it is a cycle: {0} -> {1} -> {0}", target.label(), holder.path()));
    }
    return target;
  }

  Value value_of(const Expression& expression, Node& holder) {
    const auto& origin = holder.value->origin();
    switch (expression.kind) {
      case Expression::Kind::kLiteral:
        return {expression.literal, origin};
      case Expression::Kind::kText:
        return {text_of(expression, holder), origin};
      case Expression::Kind::kList: {
        const Level level(depth_);
        Array array;
        for (const auto& part : expression.parts) array.push_back(value_of(part, holder));
        return {std::move(array), origin};
      }
      case Expression::Kind::kDict: {
        const Level level(depth_);
        Table table;
        for (std::size_t i = 0; i < expression.keys.size(); ++i) {
          table.set(expression.keys[i], value_of(expression.parts[i], holder));
        }
        return {std::move(table), origin};
      }
      default:
        return copy(evaluate(expression, holder));
    }
  }

  Value copy(Node& node) {
    bool is_complete = true;
    auto value = build(node, is_complete);
    if (!is_complete) throw Reported{};
    return value;
  }

  std::string text_of(const Expression& expression, Node& holder) {
    std::string text;
    for (const auto& part : expression.parts) {
      const auto piece = to_text(value_of(part, holder));
      spend(0, piece.size());
      text += piece;
    }
    return text;
  }

  /// Joins the parts of a path or of a resolver's name.
  std::string joined_names(const std::vector<Expression>& parts, Node& holder) {
    const Level level(depth_);
    std::string name;
    for (const auto& part : parts) {
      const auto value = value_of(part, holder);
      const auto* text = value.get_if<std::string>();
      if (text == nullptr) {
        fail(fmt::format("the `${{...}}` inside must give a name as text, but gives {}: {}", value.type_name(),
                         shorten(value.to_toml())));
      }
      name += *text;
    }
    return name;
  }

  /// Finds the node at `path` as seen from `holder`, following interpolations; nullptr only for kMayLack.
  Node* select(std::string_view path, Node& holder, Lookup lookup) {
    auto* node = &tree_.root();
    if (path.starts_with('.')) {
      node = holder.parent;
      for (path.remove_prefix(1); path.starts_with('.'); path.remove_prefix(1)) {
        node = node->parent;
        if (node == nullptr) fail("it has more dots than there are tables around it");
      }
    }
    if (path.empty()) return node;
    for (const auto& part : split_path(path)) {
      auto* found = lookup == Lookup::kMustExist ? &tree_.get(*node, part) : tree_.find(*node, part);
      if (found == nullptr) return nullptr;
      node = &resolved(*found);
      if (!is_missing(*node->value)) continue;
      if (lookup == Lookup::kMayLack) return nullptr;
      fail(fmt::format("{} is still \"???\"", node->path()), fmt::format("set it with {}=...", node->override_key()));
    }
    return node;
  }

  Node& call(const Expression& expression, Node& holder) {
    const Level level(depth_);
    const auto name = joined_names(expression.name, holder);
    std::vector<Value> arguments;
    for (const auto& part : expression.parts) arguments.push_back(value_of(part, holder));
    const auto* plain = find_plain(name);
    const auto on_tree = kTreeResolvers.find(name);
    if (plain == nullptr && on_tree == kTreeResolvers.end()) fail_resolver(name);
    try {
      if (plain != nullptr) return tree_.make((*plain)(arguments, holder.value->origin()), holder);
      return (this->*on_tree->second)(arguments, holder);
    } catch (const Error& error) {
      throw Error(error.kind(), fmt::format("{}: {}", name, error.message()), "", error.hint());
    }
  }

  const Resolver* find_plain(const std::string& name) const {
    for (const auto* resolvers : {&resolvers_, &plain_resolvers()}) {
      if (const auto found = resolvers->find(name); found != resolvers->end()) return &found->second;
    }
    return nullptr;
  }

  [[noreturn]] void fail_resolver(const std::string& name) const {
    std::vector<std::string> names;
    for (const auto& entry : resolvers_) names.push_back(entry.first);
    for (const auto& entry : plain_resolvers()) names.push_back(entry.first);
    for (const auto& entry : kTreeResolvers) names.push_back(entry.first);
    fail(fmt::format("there is no resolver `{}`", name), suggest(name, names));
  }

  static const std::string& path_argument(const std::vector<Value>& arguments, std::size_t most) {
    const auto* path = arguments.empty() ? nullptr : arguments[0].get_if<std::string>();
    if (path == nullptr || arguments.size() > most) {
      fail(fmt::format("it takes one string{}", most > 1 ? ", and at most one more argument" : ""));
    }
    return *path;
  }

  Node& select_or_default(const std::vector<Value>& arguments, Node& holder) {
    auto* found = select(path_argument(arguments, 2), holder, Lookup::kMayLack);
    if (found != nullptr) return *found;
    return tree_.make(arguments.size() > 1 ? arguments[1] : Value(Null{}, holder.value->origin()), holder);
  }

  Node& decode(const std::vector<Value>& arguments, Node& holder) {
    if (arguments.size() == 1 && arguments[0].get_if<Null>() != nullptr) return tree_.make(arguments[0], holder);
    const auto& text = path_argument(arguments, 1);
    // Each value takes at least two characters, and is in memory before build counts it.
    spend(text.size() / 2, 0);
    return evaluate(parse_argument(text), holder);
  }

  Node& selected_table(const std::vector<Value>& arguments, Node& holder) {
    auto& node = *select(path_argument(arguments, 1), holder, Lookup::kMustExist);
    if (!node.is_table()) fail(fmt::format("{} is {}, not a table", node.label(), node.value->type_name()));
    return node;
  }

  Node& keys(const std::vector<Value>& arguments, Node& holder) {
    Array array;
    for (const auto* child : tree_.children(selected_table(arguments, holder))) {
      spend(1, child->key.size());
      array.emplace_back(std::string(child->key), holder.value->origin());
    }
    return tree_.make({std::move(array), holder.value->origin()}, holder);
  }

  Node& values(const std::vector<Value>& arguments, Node& holder) {
    const auto& sources = tree_.children(selected_table(arguments, holder));
    spend(sources.size(), 0);
    const Value blank(Null{}, holder.value->origin());
    auto& list = tree_.make({Array(sources.size(), blank), blank.origin()}, holder);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      auto& element = *tree_.children(list)[i];
      element.target = &resolved(*sources[i]);
      element.state = Node::State::kDone;
    }
    return list;
  }

  Node& deprecated(const std::vector<Value>& arguments, Node& holder) {
    auto& node = *select(path_argument(arguments, 2), holder, Lookup::kMustExist);
    std::string message = "'$OLD_KEY' is deprecated. Change your code and config to use '$NEW_KEY'";
    if (arguments.size() > 1) message = path_argument({arguments[1]}, 1);
    spdlog::warn("{} ({})", fill_deprecation(message, holder.path(), node.path()), holder.value->origin().to_string());
    return node;
  }

  /// Copies the value with its contents. Clears is_complete if a part has no value.
  Value build(Node& node, bool& is_complete) {
    const Level level(depth_);
    spend(1, 0);
    const auto& origin = node.value->origin();
    try {
      auto& target = resolved(node);
      const Entered entered(*this, node);
      if (target.is_building) fail_cycle(target);
      Value value(data_of(target, is_complete), origin);
      if (node.value->replaced()) value.set_replaced(node.value->replaced()->value);
      return value;
    } catch (const Reported&) {
    } catch (const Error& error) {
      report(node, error);
    }
    is_complete = false;
    return {Null{}, origin};
  }

  Value::Data data_of(Node& node, bool& is_complete) {
    if (const auto* text = node.value->get_if<std::string>()) {
      spend(0, text->size());
      if (is_missing(*node.value)) {
        is_complete = false;
        report_missing(node);
      }
    }
    if (!node.is_table() && !node.is_array()) return node.value->data();
    const Entered entered(*this, node, &node.is_building);
    Array array;
    Table table;
    for (auto* child : tree_.children(node)) {
      auto value = build(*child, is_complete);
      if (node.is_table()) {
        table.set(child->key, std::move(value));
      } else {
        array.push_back(std::move(value));
      }
    }
    if (node.is_table()) return table;
    return array;
  }

  void report_missing(Node& node) {
    if (node.is_reported) return;
    node.is_reported = true;
    problems_.add(fmt::format("{} is \"???\": it must be chosen", node.path()), node.value->origin().to_string(),
                  fmt::format("set it with {}=...", node.override_key()));
  }

  static const std::map<std::string, TreeResolver> kTreeResolvers;

  NodeTree tree_;
  const std::map<std::string, Resolver>& resolvers_;
  Problems& problems_;
  std::vector<const Node*> stack_;  // nodes being resolved or built, outermost first
  int depth_ = 0;
  std::size_t num_values_ = 0;
  std::size_t num_bytes_ = 0;
};

const std::map<std::string, Resolution::TreeResolver> Resolution::kTreeResolvers = {
    {"oc.select", &Resolution::select_or_default}, {"oc.decode", &Resolution::decode},
    {"oc.dict.keys", &Resolution::keys},           {"oc.dict.values", &Resolution::values},
    {"oc.deprecated", &Resolution::deprecated},
};

}  // namespace

Table resolve(const Table& composed, const std::map<std::string, Resolver>& resolvers, Problems& problems) {
  return has_open_value(composed) ? Resolution(composed, resolvers, problems).run() : composed;
}

}  // namespace assay::config
