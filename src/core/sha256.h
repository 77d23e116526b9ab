#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace assay {

/// Hashes bytes piece by piece. Source: FIPS 180-4, by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();

  void update(std::string_view bytes);

  /// Ends the hash. Returns 64 lower-case hexadecimal digits; the object cannot be used further.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Hashes `bytes` at once: 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// Hashes a file without holding it in memory.
/// Errors: Error(kData) when it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace assay
