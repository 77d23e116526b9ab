#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// Is one value of a configuration that is being resolved, or a value that an interpolation made.
struct Node {
  enum class State { kNew, kBusy, kDone, kFailed };

  const Value* value = nullptr;
  Node* parent = nullptr;         ///< the table or array that holds it; nullptr of the root
  std::string_view key;           ///< in a table
  std::size_t index = 0;          ///< in an array
  bool is_made = false;           ///< by an interpolation: its text holds no further ones
  std::vector<Node*> children{};  ///< filled by NodeTree::children
  State state = State::kNew;
  Node* target = nullptr;  ///< what it stands for, once done
  bool is_building = false;
  bool is_reported = false;

  bool is_table() const { return value->get_if<Table>() != nullptr; }
  bool is_array() const { return value->get_if<Array>() != nullptr; }

  /// Formats as "train.widths[0]"; empty for the root.
  std::string path() const;
  /// Formats as overrides spell it: "train.widths.0".
  std::string override_key() const;
  /// As path, but names the root.
  std::string label() const { return parent == nullptr ? "the whole" : path(); }
};

/// Gives each value of a configuration its node, when it is first asked for.
class NodeTree {
 public:
  explicit NodeTree(const Table& composed);

  Node& root() { return *root_; }

  /// Puts a computed value in the place of `holder`.
  Node& make(Value value, const Node& holder);

  /// Returns what a table or array holds, in order; nothing for other values.
  const std::vector<Node*>& children(Node& node);

  /// Returns what the table or array holds under `part`, or nullptr.
  /// Errors: Error(kConfig) when it is an array and `part` is no integer.
  Node* find(Node& node, std::string_view part);

  /// Returns what find does. Errors: Error(kConfig) with the nearest key when there is nothing.
  Node& get(Node& node, std::string_view part);

 private:
  Node& add(const Value& value, Node* parent, bool is_made);

  const Value root_value_;
  std::unordered_map<const Value*, Node> nodes_;
  std::deque<Value> made_;
  Node* root_;
};

/// Takes the path of a node, without the dots in front, apart: `a.b[0]`, `a["b.c"]`.
/// Errors: Error(kConfig) for what is no path.
std::vector<std::string> split_path(std::string_view path);

}  // namespace assay::config
