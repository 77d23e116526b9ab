#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "config/grammar.h"
#include "config/grammar_text.h"
#include "config/value.h"

namespace assay::config {

/// start, start + step, ... before stop; each an integer or a number.
struct GrammarRange {
  Value start;
  Value stop;
  Value step;
};

/// Several values for one key.
struct GrammarSweep {
  std::vector<Value> values;
  std::optional<GrammarRange> range;  ///< instead of values, while a cast may still change its ends
  bool is_from_range = false;
  bool is_chosen = false;  ///< by choice(), which does not nest
  bool is_zipped = false;  ///< by zip(): varies together with the other zipped sweeps
};

/// The value of an element of the grammar.
using GrammarElement = std::variant<Value, GrammarSweep, Glob>;

/// One call `name(a, b, c=d)`.
struct GrammarCall {
  std::string name;
  std::size_t position = 0;  ///< of the name in the text
  std::vector<GrammarElement> positional;
  std::vector<std::pair<std::string, GrammarElement>> named;
};

/// Calls choice, zip, range, glob, tag, sort, shuffle, int, float, bool or str.
/// Source: the functions of Hydra 1.3; docs/config.md lists the differences.
/// Errors: Error(kConfig) for an unknown function or invalid arguments.
GrammarElement call_function(const GrammarCall& call, const GrammarText& text);

/// Returns the edit that append(), prepend() or remove() performs; nothing for other functions.
std::optional<Override::Edit> edit_called(std::string_view name);

/// Returns the values of a call of append(), prepend() or remove(). Errors: as call_function.
std::vector<Value> edit_values(const GrammarCall& call, const GrammarText& text);

/// Lists all values of a sweep. Errors: Error(kConfig) for a range that is empty, has step 0 or over a million values.
std::vector<Value> sweep_values(const GrammarSweep& sweep, std::size_t position, const GrammarText& text);

}  // namespace assay::config
