#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// All options of a group whose names match one of `include` and none of `exclude` (`*`, `?`, `[...]`).
struct Glob {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

/// One parsed argument of the command line: `key=value`, `+key=value`, `++key=value`, `~key`, `~key=value`,
/// `group=option`, `group@package=option`.
struct Override {
  enum class Action {
    kChange,  ///< `k=v`: k must exist
    kAdd,     ///< `+k=v`: k must not exist
    kForce,   ///< `++k=v`: either
    kDelete,  ///< `~k`, or `~k=v` when k has that value
  };
  enum class Edit {
    kReplace,
    kAppend,   ///< `k=append(a, b)`: after the elements of the array k
    kPrepend,  ///< `k=prepend(a, b)`
    kRemove,   ///< `k=remove(a, b)`: every element equal to one of these
  };

  Action action = Action::kChange;
  Edit edit = Edit::kReplace;
  std::string key;                     ///< "train.epochs", "train.widths.0", or a group: "data", "train/schedule"
  std::optional<std::string> package;  ///< the part after `@`; empty if nothing follows it
  std::vector<Value> values;           ///< one; for a sweep or an edit several, in order; none for `~k` and a glob
  std::optional<Glob> glob;
  bool is_sweep = false;   ///< `a,b`, choice(), range(), glob() or zip()
  bool is_zipped = false;  ///< `zip(a, b)`: a sweep that varies together with the other zipped ones
  std::string text;        ///< as typed
  Origin origin;           ///< "override 2: `train.epochs=5`"
};

/// Parses the argument at `position` (from 1) among the overrides.
/// Source: the grammar of Hydra 1.3; docs/config.md lists the differences.
/// Errors: Error(kConfig) with the argument, a caret under the spot, and what was expected there.
Override parse_override(std::string_view argument, int position);

/// Parses one value in the syntax of overrides: `3`, `1e-3`, `text`, `'quoted'`, `[1, a]`, `{k: v}`, `int("3")`.
/// `${...}` is kept as written, inside a string. Errors: as parse_override.
Value parse_element(std::string_view text, const Origin& origin);

}  // namespace assay::config
