#pragma once

#include <cstdint>
#include <optional>

namespace assay::track {

/// Says which files go up in parts. Units: bytes.
struct MultipartPolicy {
  std::optional<bool> enabled = {};  ///< unset: where the server says that it can do this
  std::int64_t least_file_size = std::int64_t{500} << 20;
  std::int64_t part_size = std::int64_t{10} << 20;  ///< more where a file would have more than 10,000 parts
  bool verifies_store = true;                       ///< the certificate of the object store
};

}  // namespace assay::track
