#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// A parsed string with `${...}`.
struct Expression {
  enum class Kind {
    kLiteral,  ///< literal
    kText,     ///< parts, joined as text
    kList,     ///< parts are the elements
    kDict,     ///< parts are the values of keys
    kNode,     ///< parts joined are the path of a node: `..a.b[0]`
    kCall,     ///< parts are the arguments; `name`, joined, names the resolver
  };

  Kind kind = Kind::kText;
  Value::Data literal;
  std::vector<Expression> parts;
  std::vector<Expression> name;
  std::vector<std::string> keys;
};

/// Returns whether the text must go through parse_interpolated.
inline bool has_interpolation(std::string_view text) { return text.find("${") != std::string_view::npos; }

/// Returns whether anything in a configuration is left to resolve: an interpolation, a value that is "???", or nesting
/// deeper than resolution allows.
bool has_open_value(const Table& table);

/// Parses a string of a configuration; one that is a single interpolation gives a kNode or a kCall, others a kText.
/// Source: the grammar of OmegaConf 2.3, and `["a.b"]` for a key that contains dots.
/// Errors: Error(kConfig) with what was expected at which character.
Expression parse_interpolated(std::string_view text);

/// Parses text as one argument of a resolver: `3`, `'text'`, `[1, ${a}]`, `{a: 1}`.
/// Errors: as parse_interpolated.
Expression parse_argument(std::string_view text);

}  // namespace assay::config
