#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// One value of a configuration that is being resolved, or a value made by an interpolation.
struct Node {
  enum class State { kNew, kBusy, kDone, kFailed };

  const Value* value = nullptr;
  Node* parent = nullptr;         ///< the table or array that contains it; nullptr for the root
  std::string_view key;           ///< in a table
  std::size_t index = 0;          ///< in an array
  bool is_made = false;           ///< by an interpolation: its text contains no further ones
  std::vector<Node*> children{};  ///< filled by NodeTree::children
  State state = State::kNew;
  Node* target = nullptr;  ///< its resolved value, once done
  bool is_building = false;
  bool is_reported = false;

  bool is_table() const { return value->get_if<Table>() != nullptr; }
  bool is_array() const { return value->get_if<Array>() != nullptr; }

  /// Formats as "train.widths[0]"; empty for the root.
  std::string path() const;
  /// Formats as in overrides: "train.widths.0".
  std::string override_key() const;
  /// Formats as path() does, but names the root.
  std::string label() const { return parent == nullptr ? "the whole" : path(); }
};

/// Creates the node of each value of a configuration when it is first requested.
class NodeTree {
 public:
  explicit NodeTree(const Table& composed);

  Node& root() { return *root_; }

  /// Replaces `holder` by a computed value.
  Node& make(Value value, const Node& holder);

  /// Returns the contents of a table or array, in order; nothing for other values.
  const std::vector<Node*>& children(Node& node);

  /// Returns the element `part` of the table or array, or nullptr.
  /// Errors: Error(kConfig) if it is an array and `part` is not an integer.
  Node* find(Node& node, std::string_view part);

  /// Returns the same as find. Errors: Error(kConfig) with the nearest key if there is nothing.
  Node& get(Node& node, std::string_view part);

 private:
  Node& add(const Value& value, Node* parent, bool is_made);

  const Value root_value_;
  std::unordered_map<const Value*, Node> nodes_;
  std::deque<Value> made_;
  Node* root_;
};

/// Splits the path of a node, without its leading dots, into parts: `a.b[0]`, `a["b.c"]`.
/// Errors: Error(kConfig) for an invalid path.
std::vector<std::string> split_path(std::string_view path);

}  // namespace assay::config
