#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "compress/network.h"
#include "core/json.h"

namespace assay::deploy {

/// What whoever loads an exported file must know of its inputs and outputs; kept in the file.
struct ExportInfo {
  std::vector<std::string> class_names;
  std::array<float, 3> mean{};  ///< of RGB / 255; images are normalised by (x - mean) / std
  std::array<float, 3> std{};
  std::array<std::int64_t, 3> image_shape{};  ///< (C, H, W) as trained; other sizes work where the network allows them
  std::string engine;                         ///< LibTorch's int8 engine; empty for a float network
};

/// Names the info's file inside exported files.
inline constexpr auto kInfoFile = "assay.json";

/// Encodes the info as that file keeps it.
Json to_json(const ExportInfo& info);

/// Writes networks as files that can be deployed.
class Exporter {
 public:
  virtual ~Exporter() = default;

  virtual std::string name() const = 0;
  virtual std::string extension() const = 0;  ///< of its files: ".pt"

  /// Returns why it cannot write what that step of compression makes; empty if it can.
  virtual std::string why_not(const std::string& /*step*/) const { return ""; }

  /// Writes a network, atomically; its model is left unchanged. `info.engine` is set from the network.
  /// Errors: Error(kData) naming the path and the reason; Error(kConfig) naming what the format cannot express.
  virtual void write(const compress::Network& network, const ExportInfo& info,
                     const std::filesystem::path& path) const = 0;
};

/// Lists the exporters.
std::vector<std::string> exporter_names();

/// Makes the exporter of that name; the nearest is suggested for an unknown one. Errors: Error(kConfig).
std::unique_ptr<Exporter> make_exporter(const std::string& name);

}  // namespace assay::deploy
