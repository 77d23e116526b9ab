// Reads arbitrary bytes as the pickle of a state_dict, and as a file in the form before PyTorch 1.6: no tensor reaches
// out of its storage, or an assay::Error is thrown. Run: scripts/fuzz

#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "models/state_dict_layout.h"

namespace {

using namespace assay::models;

void check(const StoredTensors& tensors) {
  for (const auto& [name, tensor] : tensors) {
    auto last = static_cast<long double>(tensor.offset);  // exact up to 2^64, and beyond any storage above
    bool is_empty = false;
    if (tensor.sizes.size() != tensor.strides.size() || tensor.offset < 0) std::abort();
    for (std::size_t i = 0; i < tensor.sizes.size(); ++i) {
      if (tensor.sizes[i] < 0 || tensor.strides[i] < 0) std::abort();
      is_empty = is_empty || tensor.sizes[i] == 0;
      last += static_cast<long double>(tensor.sizes[i] - 1) * static_cast<long double>(tensor.strides[i]);
    }
    if (!is_empty && last >= static_cast<long double>(tensor.storage.num_elements)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    PickleReader reader(bytes);
    check(list_tensors(reader.read()));
  } catch (const assay::Error&) {
  }
  try {
    const auto content = parse_old_form(bytes);
    check(content.tensors);
    for (const auto& [name, tensor] : content.tensors) {
      const auto wanted = tensor.storage.num_elements * row_of(tensor.storage.type).num_bytes;
      if (content.storages.at(tensor.key).size() != static_cast<std::size_t>(wanted)) std::abort();
    }
  } catch (const assay::Error&) {
  }
  return 0;
}
