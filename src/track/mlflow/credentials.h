#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::track {

/// A login as MLflow's clients keep it in a file. Only the name may be shown.
struct Credentials {
  std::string username;
  std::string password;
};

/// Reads the keys mlflow_tracking_username and mlflow_tracking_password of the section [mlflow]; what is missing stays
/// empty. `place` stands in messages; the text does not. Errors: Error(kConfig) naming place and line of what is no
/// INI. Source: Python's configparser, in which "%%" means "%".
Credentials parse_credentials(std::string_view text, const std::filesystem::path& place);

/// Returns where the file is looked for: ~/.mlflow/credentials.
std::filesystem::path credentials_path();

/// Reads that file; nothing when there is none. Warns once when others may read it.
/// Errors: as parse_credentials; Error(kData) when it cannot be read.
Credentials read_credentials();

}  // namespace assay::track
