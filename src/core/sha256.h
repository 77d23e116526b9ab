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

  /// Finishes the hash. Returns 64 lower-case hexadecimal digits; the object cannot be used afterwards.
  std::string finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Hashes `bytes` at once. Returns 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// Hashes a file without loading it into memory.
/// Errors: Error(kData) if it cannot be read.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace assay
