#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "temporary_folder.h"

extern char** environ;

namespace assay::track {

/// Takes MLflow's variables out of the environment, and the login of whoever runs the tests, while it lives; what a
/// test sets goes with it.
class CleanEnvironment {
 public:
  CleanEnvironment() {
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string text = *entry;
      if (text.starts_with("MLFLOW_") || text.starts_with("HOME=")) kept_.push_back(text);
    }
    clear();
    ::setenv("HOME", home_.path().c_str(), 1);
  }
  ~CleanEnvironment() {
    clear();
    for (const auto& text : kept_)
      ::setenv(text.substr(0, text.find('=')).c_str(), text.c_str() + text.find('=') + 1, 1);
  }
  CleanEnvironment(const CleanEnvironment&) = delete;
  CleanEnvironment& operator=(const CleanEnvironment&) = delete;

  /// Writes ~/.mlflow/credentials.
  void write_credentials(const std::string& text) const {
    const auto file = home_.write(".mlflow/credentials", text);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }

  const std::filesystem::path& home() const { return home_.path(); }

 private:
  static void clear() {
    std::vector<std::string> names;
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (text.starts_with("MLFLOW_")) names.emplace_back(text.substr(0, text.find('=')));
    }
    for (const auto& name : names) ::unsetenv(name.c_str());
  }

  TemporaryFolder home_;
  std::vector<std::string> kept_;
};

}  // namespace assay::track
