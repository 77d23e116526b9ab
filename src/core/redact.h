#pragma once

#include <string>

namespace assay {

/// Replaces user and password in each address of a text, `scheme://user:password@host`, by "***"; also if the password
/// contains slashes.
std::string redact_logins(std::string text);

}  // namespace assay
