#pragma once

#include <string>
#include <vector>

#include "config/problems.h"
#include "config/read_value.h"
#include "config/value.h"

namespace assay::config {

struct PluginOptions;

/// One option: its allowed values and their meaning. Made from a schema (config/schema.h); validation, --help,
/// completion and the reference all use it.
struct Option {
  enum class Type {
    kBoolean,
    kInteger,
    kNumber,
    kString,
    kIntegerOrAuto,
    kTable,
    kPlugin,   ///< a table whose `name` chooses one of `plugins` and thereby its other keys
    kPlugins,  ///< a table of such tables, under keys chosen by the user; a table without `name` is named by its key
  };

  std::string key;  ///< in its table
  Type type = Type::kTable;
  bool is_array = false;  ///< an array of such values
  Limits limits;
  std::string default_value;  ///< as TOML; empty for tables and plug-ins
  std::string help;
  bool in_run_key = true;              ///< it changes the result of a run, and so the run's key
  std::string tables;                  ///< of an array of names: the key of the kPlugins beside it with their options
  std::vector<Option> options;         ///< of a table
  std::vector<PluginOptions> plugins;  ///< the choices
};

/// Name and options of a plug-in.
struct PluginOptions {
  std::string name;
  std::vector<Option> options;
};

/// Returns the plug-in of that name, or nullptr.
const PluginOptions* find_named(const std::vector<PluginOptions>& plugins, const std::string& name);

/// Checks a table against its options: every key is known, every value has its type and is within its limits, every
/// plug-in exists. Adds mistakes to `problems`, with the dotted `path` of the table before the keys.
void validate(const Table& table, const std::string& path, const std::vector<Option>& options, Problems& problems);

/// Lists the dotted keys that do not change the result of a run; a table's key stands for everything below it.
std::vector<std::string> keys_outside_run_key(const std::vector<Option>& options);

/// An option that has a plain value or chooses a plug-in, under its dotted key.
struct FlatOption {
  std::string key;     ///< "train.optimizer.lr"; for a plug-in the key of its `name`
  std::string plugin;  ///< "train.optimizer.name = sgd": the choice that it depends on; empty for none
  const Option* option;

  /// Returns the possible values if they are few: "true", "false", the choices, the plug-ins.
  std::vector<std::string> values() const;

  /// Describes the values for people: "an integer, at least 1", "one of: a, b".
  std::string describe_values() const;
};

/// Lists the options of tables and plug-ins, in the order of their declaration. The result refers to `options`.
std::vector<FlatOption> flatten(const std::vector<Option>& options);

}  // namespace assay::config
