#pragma once

#include <string>
#include <vector>

#include "config/problems.h"
#include "config/read_value.h"
#include "config/value.h"

namespace assay::config {

struct PluginOptions;

/// Describes one option: what a configuration may say there, and what that means. Made from a schema (config/schema.h);
/// validation, --help, completion and the reference all come from it.
struct Option {
  enum class Type {
    kBoolean,
    kInteger,
    kNumber,
    kString,
    kIntegerOrAuto,
    kTable,
    kPlugin,   ///< a table whose `name` chooses one of `plugins` and so the keys beside it
    kPlugins,  ///< a table of such tables, under keys of the user's own
  };

  std::string key;  ///< in the table that holds it
  Type type = Type::kTable;
  bool is_array = false;  ///< of such values
  Limits limits;
  std::string default_value;  ///< as TOML; empty for what is no plain value
  std::string help;
  bool in_run_key = true;              ///< it changes the result of a run, and so which run it is
  std::vector<Option> options;         ///< of a table
  std::vector<PluginOptions> plugins;  ///< to choose among
};

/// Names a plug-in and lists its options.
struct PluginOptions {
  std::string name;
  std::vector<Option> options;
};

/// Checks a table against the options it may hold: every key known, every value of its type and within its limits,
/// every plug-in there. Mistakes go to `problems`, with the dotted `path` of the table in front of the keys.
void validate(const Table& table, const std::string& path, const std::vector<Option>& options, Problems& problems);

/// Lists the dotted keys that do not change the result of a run; a table's key stands for all below it.
std::vector<std::string> keys_outside_run_key(const std::vector<Option>& options);

/// Is an option that holds a plain value or chooses a plug-in, under its dotted key.
struct FlatOption {
  std::string key;     ///< "train.optimizer.lr"; that of a plug-in is its `name`
  std::string plugin;  ///< "train.optimizer.name = sgd": what must be chosen for it to exist; empty for nothing
  const Option* option;

  /// Names the values that it may have, when they are few: "true", "false", the choices, the plug-ins.
  std::vector<std::string> values() const;

  /// Describes the values for people: "an integer, at least 1", "one of: a, b".
  std::string describe_values() const;
};

/// Lists the options of tables and plug-ins, in the order of their declaration. The result refers to `options`.
std::vector<FlatOption> flatten(const std::vector<Option>& options);

}  // namespace assay::config
