#pragma once

#include <stdio.h>

#include <filesystem>
#include <optional>
#include <string>

namespace assay {

/// Returns why Python with torch cannot run here; empty if it can.
inline std::string explain_missing_python() {
  const auto source = std::filesystem::path(ASSAY_SOURCE_DIR);
  if (!std::filesystem::exists(source / "scripts/python")) return "scripts/python is absent";
  if (!std::filesystem::exists(source / ".venv/.setup/test"))
    return "the test packages are not installed: run `make test`";
  return "";
}

/// Runs tests/golden/`script` and returns its output, or nothing if it failed.
inline std::optional<std::string> run_python(const std::string& script, const std::string& arguments) {
  const auto source = std::string(ASSAY_SOURCE_DIR);
  const auto command = source + "/scripts/python -W ignore " + source + "/tests/golden/" + script + " " + arguments;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return std::nullopt;
  std::string output;
  char buffer[4096];
  while (const auto count = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, count);
  return ::pclose(pipe) == 0 ? std::optional(output) : std::nullopt;
}

}  // namespace assay
