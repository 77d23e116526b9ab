#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace assay::config {

/// Name of a file or an override. Copies share the text, since each value of a configuration has one.
class SourceName {
 public:
  SourceName() = default;
  SourceName(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SourceName(const char* text) : SourceName(std::string(text)) {}

  const std::string& text() const;

 private:
  std::shared_ptr<const std::string> text_;
};

/// Place where a value was written: a file and a position in it, or an override on the command line.
struct Origin {
  SourceName source;  ///< path of the file, or "override 2: `train.epochs=5`"
  int line = 0;       ///< from 1; 0 for an override
  int column = 0;

  /// Formats as "file:line:column", or only the override.
  std::string to_string() const;
};

class Value;

using Array = std::vector<Value>;

/// The value of a key that exists but is empty; TOML files write it "${null}".
using Null = std::monostate;
inline constexpr std::string_view kNullText = "${null}";

/// The value of a key that must be chosen before a run.
inline constexpr std::string_view kMissingText = "???";

/// A table of values that keeps its keys in insertion order.
class Table {
 public:
  using Entry = std::pair<std::string, Value>;

  /// Returns the value of `key`, or nullptr.
  const Value* find(std::string_view key) const;
  Value* find(std::string_view key);

  /// Sets or replaces `key`, keeping its position.
  void set(std::string_view key, Value value);

  void erase(std::string_view key);

  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> index_;  // for a large table: key -> position in entries_
};

/// A value that a later file or override replaced.
struct Replaced;

/// One value of a configuration together with its origin.
class Value {
 public:
  using Data = std::variant<Null, bool, std::int64_t, double, std::string, Array, Table>;

  Value(Data data, Origin origin) : data_(std::move(data)), origin_(std::move(origin)) {}

  const Data& data() const { return data_; }
  const Origin& origin() const { return origin_; }

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data_);
  }
  template <typename T>
  T* get_if() {
    return std::get_if<T>(&data_);
  }

  /// Returns the value replaced by this one, or nullptr.
  const std::shared_ptr<const Replaced>& replaced() const { return replaced_; }

  /// Remembers `earlier` as the value that this one replaces.
  void set_replaced(const Value& earlier);

  /// Returns the type for people: "null", "a boolean", "an integer", "a number", "a string", "an array", "a table".
  std::string type_name() const;

  /// Formats the value as TOML on one line.
  std::string to_toml() const;

 private:
  Data data_;
  Origin origin_;
  std::shared_ptr<const Replaced> replaced_;
};

struct Replaced {
  Value value;
};

/// Returns whether a value is kMissingText.
bool is_missing(const Value& value);

/// Follows a dotted path through tables; nullptr if a part is missing.
const Value* find_path(const Table& table, std::string_view dotted_path);

}  // namespace assay::config
