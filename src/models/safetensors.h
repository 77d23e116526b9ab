#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace assay::models {

/// The content of a safetensors file.
struct Safetensors {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  std::map<std::string, std::string> metadata;
};

/// Reads a file of the format safetensors: float64 to float16, bfloat16, int64 to int8, uint8 and bool.
/// Errors: Error(kData) naming the file when it cannot be read, is truncated, or its header is one that
/// parse_safetensors_header() refuses.
/// Source: https://github.com/huggingface/safetensors, section "Format".
Safetensors read_safetensors(const std::filesystem::path& file);

/// Writes a file that Python's safetensors reads, atomically; tensors are copied to the CPU as they are.
/// Errors: Error(kData) naming the file.
void write_safetensors(const std::filesystem::path& file, const Safetensors& content);

}  // namespace assay::models
