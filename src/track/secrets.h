#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::track {

/// Says whether a file's name, or that of a folder on its path, is one that commonly holds secrets: ".env", "*.pem",
/// "*credentials*", "id_rsa*" and the like, in any case.
bool is_secret_name(const std::filesystem::path& path);

/// Takes user, password, query and fragment out of an address, as tokens are kept there. The user of ssh stays: it is
/// "git" and no secret.
std::string strip_login(std::string_view url);

}  // namespace assay::track
