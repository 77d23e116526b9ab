#include "train/checkpoint.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <sstream>

#include "core/error.h"
#include "core/file.h"

namespace assay::train {
namespace {

// Serialised in memory first, since LibTorch's own file writer reports a full disk as an internal error.
void write_archive(torch::serialize::OutputArchive& archive, const std::filesystem::path& file) {
  std::ostringstream bytes;
  archive.save_to(bytes);
  write_file_atomically(file, bytes.view());
}

}  // namespace

void save_weights(torch::nn::Module& module, const std::filesystem::path& file) {
  torch::serialize::OutputArchive archive;
  module.save(archive);
  write_archive(archive, file);
}

void save_batch(const data::Batch& batch, const std::filesystem::path& file) {
  torch::serialize::OutputArchive archive;
  archive.write("images", batch.images, /*is_buffer=*/true);
  archive.write("labels", batch.labels, /*is_buffer=*/true);
  if (batch.other_labels.defined()) archive.write("other_labels", batch.other_labels, /*is_buffer=*/true);
  write_archive(archive, file);
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
