#pragma once

#include <string>
#include <vector>

#include "data/cifar_files.h"

namespace assay::data {

/// Returns the layout of CIFAR-100, labelled by its 100 classes or by the 20 groups of five.
CifarLayout cifar100_layout(bool coarse);

/// Returns mean and deviation of the training set.
Normalization cifar100_normalization();

/// Returns the usual names of the classes or groups, by label.
std::vector<std::string> cifar100_names(bool coarse);

}  // namespace assay::data
