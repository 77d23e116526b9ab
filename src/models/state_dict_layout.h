#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/pickle.h"

namespace assay::models {

using StoredTensors = std::vector<std::pair<std::string, StoredTensor>>;

/// Lists the tensors of a state_dict or of a checkpoint that keeps one under "state_dict" or "model"; "module." before
/// all names, which data-parallel training leaves, is left out. Errors: Error(kData), without location.
StoredTensors list_tensors(const PickleValue& root);

/// What a file of torch.save holds in its form before version 1.6.
struct OldStateDict {
  StoredTensors tensors;
  std::map<std::string, std::string_view> storages;  ///< the bytes of each, as many as the pickle claims
};

/// Finds the tensors and the bytes of the older form: magic number, version, machine, the object itself and the list of
/// its storages, a pickle each; then the storages. Errors: Error(kData), without location.
/// Source: torch/serialization.py, _legacy_save.
OldStateDict parse_old_form(std::string_view bytes);

}  // namespace assay::models
