// Composes and resolves configurations made of arbitrary bytes. Lines that begin with '#' name files, followed by their
// contents; the lines of the file "overrides" are overrides. Run: scripts/fuzz

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "config/compose.h"
#include "config/resolve.h"
#include "core/error.h"

namespace {

namespace fs = std::filesystem;

std::map<std::string, std::string> split_files(const std::string& text) {
  std::map<std::string, std::string> files;
  std::string name = "main";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('#')) {
      name = line.substr(1);
    } else {
      files[name] += line + '\n';
    }
  }
  return files;
}

bool is_plain(const std::string& name) {
  return !name.empty() && name.size() < 60 && name.front() != '/' && name.find("..") == std::string::npos &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_/") == std::string::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::config;
  static const fs::path folder = [] {
    auto pattern = (fs::temp_directory_path() / "assay-fuzz-XXXXXX").string();
    return fs::path(::mkdtemp(pattern.data()));
  }();
  std::vector<std::string> overrides;
  std::error_code ignored;
  fs::remove_all(folder, ignored);
  fs::create_directories(folder, ignored);
  for (const auto& [name, text] : split_files({reinterpret_cast<const char*>(data), size})) {
    if (name == "overrides") {
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with('@')) overrides.push_back(line);
      }
    } else if (is_plain(name)) {
      fs::create_directories((folder / name).parent_path(), ignored);
      std::ofstream(folder / (name + ".toml"), std::ios::binary) << text;
    }
  }
  try {
    Problems problems;
    resolve(compose({folder, "main", overrides}), {}, problems);
    problems.throw_if_any();
  } catch (const assay::Error&) {
  }
  return 0;
}
