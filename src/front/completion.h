#pragma once

#include <string>
#include <vector>

#include "config/files.h"
#include "config/option.h"

namespace assay::front {

/// Returns a script for "bash", "zsh" or "fish" that calls `program --complete WORD` at each press of the tab key.
std::string completion_script(const std::string& shell, const std::string& program);

/// Lists the completions of a word of the command line, one per line: `group=option`, `key=`, and the values of a key
/// that has few.
std::string complete(const std::string& word, const config::ConfigFiles& files,
                     const std::vector<config::Option>& options);

}  // namespace assay::front
