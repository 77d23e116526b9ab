#include "train/checkpoint.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <sstream>

#include "core/error.h"
#include "core/file.h"

namespace assay::train {

void save_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  // Serialised in memory first: LibTorch's own file writer reports a full disk as an internal error.
  torch::serialize::OutputArchive archive;
  module.save(archive);
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file_atomically(file, bytes.view());
}

void load_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  std::istringstream bytes(read_file(file));
  try {
    torch::serialize::InputArchive archive;
    archive.load_from(bytes);
    module.load(archive);
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData, fmt::format("{} is not a checkpoint of this model: {}", file.string(), error.msg()),
                "", "remove it and train again");
  }
}

}  // namespace assay::train
