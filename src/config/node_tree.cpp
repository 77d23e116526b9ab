#include "config/node_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/suggest.h"
#include "core/error.h"

namespace assay::config {

std::string Node::path() const {
  if (parent == nullptr) return "";
  const auto outer = parent->path();
  if (parent->is_array()) return fmt::format("{}[{}]", outer, index);
  return fmt::format("{}{}{}", outer, outer.empty() ? "" : ".", key);
}

std::string Node::override_key() const {
  if (parent == nullptr) return "";
  const auto outer = parent->override_key();
  const auto own = parent->is_array() ? std::to_string(index) : std::string(key);
  return outer.empty() ? own : outer + "." + own;
}

NodeTree::NodeTree(const Table& composed) : root_value_(composed, Origin{}), root_(&add(root_value_, nullptr, false)) {}

Node& NodeTree::add(const Value& value, Node* parent, bool is_made) {
  Node node;
  node.value = &value;
  node.parent = parent;
  node.is_made = is_made;
  return nodes_.emplace(&value, std::move(node)).first->second;
}

Node& NodeTree::make(Value value, const Node& holder) {
  made_.push_back(std::move(value));
  auto& node = add(made_.back(), holder.parent, true);
  node.key = holder.key;
  node.index = holder.index;
  return node;
}

const std::vector<Node*>& NodeTree::children(Node& node) {
  if (!node.children.empty()) return node.children;
  if (const auto* table = node.value->get_if<Table>()) {
    for (const auto& [key, value] : table->entries()) {
      node.children.push_back(&add(value, &node, node.is_made));
      node.children.back()->key = key;
    }
  } else if (const auto* array = node.value->get_if<Array>()) {
    for (std::size_t i = 0; i < array->size(); ++i) {
      node.children.push_back(&add((*array)[i], &node, node.is_made));
      node.children.back()->index = i;
    }
  }
  return node.children;
}

Node* NodeTree::find(Node& node, std::string_view part) {
  if (const auto* table = node.value->get_if<Table>()) {
    const auto* value = table->find(part);
    if (value == nullptr) return nullptr;
    children(node);
    return &nodes_.at(value);
  }
  if (!node.is_array()) return nullptr;
  const std::size_t sign = part.starts_with('-') ? 1 : 0;
  if (part.size() == sign || part.find_first_not_of("0123456789", sign) != std::string_view::npos) {
    throw Error(ErrorKind::kConfig, fmt::format("{} is an array and `{}` is not an index", node.label(), part));
  }
  constexpr std::size_t kMostDigits = 9;
  if (sign == 1 || part.size() > kMostDigits) return nullptr;
  const auto index = std::stoul(std::string(part));
  return index < children(node).size() ? children(node)[index] : nullptr;
}

Node& NodeTree::get(Node& node, std::string_view part) {
  if (auto* found = find(node, part)) return *found;
  const auto where = node.parent == nullptr ? "" : fmt::format(" in {}", node.path());
  if (node.is_array()) {
    throw Error(ErrorKind::kConfig,
                fmt::format("there is no [{}]{}, which has {} elements", part, where, children(node).size()));
  }
  if (!node.is_table()) {
    throw Error(ErrorKind::kConfig,
                fmt::format("there is no `{}`{}, which is {}", part, where, node.value->type_name()));
  }
  constexpr std::size_t kMaxSuggested = 200;
  std::vector<std::string> keys;
  for (const auto* child : children(node)) keys.emplace_back(child->key);
  if (keys.size() > kMaxSuggested) keys.clear();
  throw Error(ErrorKind::kConfig, fmt::format("there is no key `{}`{}", part, where), "", suggest(part, keys));
}

std::vector<std::string> split_path(std::string_view path) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  if (!path.starts_with('[')) {
    at = std::min(path.find_first_of(".["), path.size());
    parts.emplace_back(path.substr(0, at));
  }
  while (at < path.size()) {
    const bool is_bracket = path[at] == '[';
    if (!is_bracket && path[at] != '.')
      throw Error(ErrorKind::kConfig, fmt::format("`{}` is not the path of a key", path));
    ++at;
    std::string_view close = "]";
    const bool is_quoted = is_bracket && at < path.size() && (path[at] == '"' || path[at] == '\'');
    if (is_quoted) close = path[at++] == '"' ? "\"]" : "']";
    const auto end = is_bracket ? path.find(close, at) : std::min(path.find_first_of(".[", at), path.size());
    if (end == std::string_view::npos) throw Error(ErrorKind::kConfig, fmt::format("`{}` lacks a `{}`", path, close));
    parts.emplace_back(path.substr(at, end - at));
    at = is_bracket ? end + close.size() : end;
  }
  return parts;
}

}  // namespace assay::config
