#include "models/state_dict_layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"

namespace assay::models {
namespace {

using Kind = PickleValue::Kind;

const PickleValue* find_key(const PickleValue& dict, const std::string& key) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->kind == Kind::kString && dict.items[i]->text == key) return dict.items[i + 1];
  return nullptr;
}

/// Returns the dictionary of tensors: the root, or what a training checkpoint keeps under one of the usual keys.
const PickleValue& find_state_dict(const PickleValue& root) {
  if (root.kind != Kind::kDict) throw Error(ErrorKind::kData, "holds no dictionary of tensors");
  for (const auto* key : {"state_dict", "model"}) {
    const auto* inner = find_key(root, key);
    if (inner != nullptr && inner->kind == Kind::kDict) return *inner;
  }
  return root;
}

/// Lists the tensors of a dictionary; "module." before all names, which data-parallel training leaves, is left out.
StoredTensors tensors_of(const PickleValue& dict) {
  StoredTensors tensors;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (dict.items[i]->kind == Kind::kString && dict.items[i + 1]->kind == Kind::kTensor)
      tensors.emplace_back(dict.items[i]->text, *dict.items[i + 1]->tensor);
  }
  if (tensors.empty()) throw Error(ErrorKind::kData, "holds no dictionary of tensors");
  const std::string prefix = "module.";
  const bool has_prefix =
      std::all_of(tensors.begin(), tensors.end(), [&](const auto& one) { return one.first.starts_with(prefix); });
  if (has_prefix) {
    for (auto& [name, tensor] : tensors) name.erase(0, prefix.size());
  }
  return tensors;
}

/// Takes a storage, "number of elements, elements", from the front of `rest`.
std::string_view take_storage(const std::string& key, const Storage& storage, std::string_view& rest) {
  std::int64_t count = 0;
  if (rest.size() < sizeof(count)) throw Error(ErrorKind::kData, "it ends too early");
  std::memcpy(&count, rest.data(), sizeof(count));
  rest.remove_prefix(sizeof(count));
  if (count != storage.num_elements) {
    throw Error(ErrorKind::kData, fmt::format("storage {} has {} elements, not {}", key, count, storage.num_elements));
  }
  const auto element_bytes = static_cast<std::size_t>(row_of(storage.type).num_bytes);
  if (rest.size() / element_bytes < static_cast<std::size_t>(count)) throw Error(ErrorKind::kData, "it ends too early");
  const auto bytes = rest.substr(0, static_cast<std::size_t>(count) * element_bytes);
  rest.remove_prefix(bytes.size());
  return bytes;
}

}  // namespace

StoredTensors list_tensors(const PickleValue& root) { return tensors_of(find_state_dict(root)); }

OldStateDict parse_old_form(std::string_view bytes) {
  PickleReader reader(bytes);
  constexpr int kNumBefore = 3;
  for (int i = 0; i < kNumBefore; ++i) reader.read();
  OldStateDict content;
  content.tensors = list_tensors(reader.read());
  const auto& keys = reader.read();
  if (keys.kind != Kind::kList) throw Error(ErrorKind::kData, "the list of storages is missing");
  auto rest = bytes.substr(reader.position());
  for (const auto* key : keys.items) {
    if (key->kind != Kind::kString) throw Error(ErrorKind::kData, "the list of storages is malformed");
    const auto storage = reader.storages().find(key->text);
    if (storage == reader.storages().end()) {
      throw Error(ErrorKind::kData, fmt::format("storage {} is not named before", key->text));
    }
    if (!content.storages.emplace(key->text, take_storage(key->text, storage->second, rest)).second) {
      throw Error(ErrorKind::kData, fmt::format("storage {} is there twice", key->text));
    }
  }
  for (const auto& [name, tensor] : content.tensors) {
    if (!content.storages.contains(tensor.key)) {
      throw Error(ErrorKind::kData, fmt::format("storage {} of tensor {} is missing", tensor.key, name));
    }
  }
  return content;
}

}  // namespace assay::models
