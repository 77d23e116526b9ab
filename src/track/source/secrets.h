#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay::track {

/// Says whether a file's name, or that of a folder on its path, is one that commonly holds secrets: ".env", "*.pem",
/// "*credentials*", "id_rsa*" and the like, in any case.
bool is_secret_name(const std::filesystem::path& path);

/// Says whether a line of text looks as if it held a secret: a password, token or key with a value, the begin of a
/// private key, an address with a login, the key of a cloud, or a long word of random letters and digits.
bool is_secret_line(std::string_view line);

/// Takes user, password, query and fragment out of an address, as tokens are kept there. The user of ssh stays: it is
/// "git" and no secret.
std::string strip_login(std::string_view url);

}  // namespace assay::track
