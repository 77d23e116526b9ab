#pragma once

#include <map>
#include <string>

#include "config/resolve.h"
#include "config/value.h"

namespace assay::config {

/// Returns the resolvers that need only their arguments: oc.env, oc.create, now.
/// `now` always formats the instant of its first use, in local time.
const std::map<std::string, Resolver>& plain_resolvers();

/// Formats a value inside a longer text as Python prints it: None, True, 1e-05, 3.0, [1, 'a'].
std::string to_text(const Value& value);

/// Inserts the keys for $OLD_KEY and $NEW_KEY.
std::string fill_deprecation(std::string message, const std::string& old_key, const std::string& new_key);

}  // namespace assay::config
