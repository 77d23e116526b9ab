#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "config/problems.h"
#include "config/value.h"

namespace assay::config {

/// Computes `${name:argument,...}`. Throws Error(kConfig) on failure; the caller adds origin and path.
using Resolver = std::function<Value(const std::vector<Value>& arguments, const Origin& origin)>;

/// Replaces every `${...}` of a composed configuration.
///
/// `${a.b}` is the node a.b from the root, `${.b}` a sibling, `${..b}` a sibling of the parent; `[0]` or `.0` an
/// element of an array; `${a.${b}}` nests; `\${` is a plain `${`. A string that is one interpolation takes the node's
/// type, also that of a table or an array; inside a longer text a value becomes text. `${name:argument,...}` calls a
/// resolver: oc.env, oc.select, oc.decode, oc.create, oc.dict.keys, oc.dict.values, oc.deprecated, now, and those
/// passed in ("assay.device"). The result's values keep the origin of the text they replaced.
/// Source: OmegaConf 2.3; docs/config.md lists the differences.
/// All errors go to `problems`: missing keys (with the nearest), cycles (with their path), unknown resolvers, and
/// values that are still "???".
Table resolve(const Table& composed, const std::map<std::string, Resolver>& resolvers, Problems& problems);

}  // namespace assay::config
