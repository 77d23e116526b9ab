#pragma once

#include <string>
#include <utility>
#include <vector>

#include "train/weight_mask.h"

namespace assay::compress {

/// Among which weights the smallest are sought.
enum class SparsityScope { kLayer, kGlobal };

/// Reads "layer" or "global".
SparsityScope parse_sparsity_scope(const std::string& name);

/// Sets the weights of least magnitude to zero, round(sparsity * n) of the n of each layer or of all layers together
/// (a half is rounded to the even number), those that are zero already among them.
/// Source: as torch.nn.utils.prune's l1_unstructured and global_unstructured; Han et al., arXiv 1506.02626.
void zero_smallest(const train::NamedTensors& weights, double sparsity, SparsityScope scope);

/// Sets to zero, of each four weights of one output and pixel that follow one another along the input channels, the two
/// of least magnitude: the pattern that NVIDIA's sparse tensor cores compute with. Returns whether it did: not where
/// the number of input channels is no multiple of four. Shapes: weight (C_out, C_in, ...). Source: Mishra et al.,
/// Accelerating Sparse Deep Neural Networks, arXiv 2104.08378.
bool zero_two_of_four(const at::Tensor& weight);

/// Returns the share of zeros among all weights.
double sparsity_of(const train::NamedTensors& weights);

/// Tells the sparsity of all weights together and of each layer, and what it does not change, for the record.
std::vector<std::pair<std::string, std::string>> describe_sparsity(const train::NamedTensors& weights);

}  // namespace assay::compress
