#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace assay::models {

inline std::string pickled_string(const std::string& text) {
  std::string pickled = {'X', static_cast<char>(text.size()), '\0', '\0', '\0'};
  return pickled += text;
}

inline std::string pickled_number(std::int64_t number) {
  std::string bytes(sizeof(number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(number));
  return std::string("\x8a\x08").append(bytes);
}

inline std::string pickled_tuple(const std::vector<std::int64_t>& numbers) {
  std::string text = "(";
  for (const auto number : numbers) text += pickled_number(number);
  return text + "t";
}

/// Returns the pickle of a storage of `type` with `count` elements.
inline std::string pickled_storage(const std::string& key, std::int64_t count, const std::string& type = "Float") {
  return std::string("(") + pickled_string("storage") + "ctorch\n" + type + "Storage\n" + pickled_string(key) +
         pickled_string("cpu") + pickled_number(count) + "tQ";
}

/// Returns the pickle of a view of a storage.
inline std::string pickled_view(const std::string& storage, std::int64_t offset, const std::vector<std::int64_t>& sizes,
                                const std::vector<std::int64_t>& strides) {
  return "ctorch._utils\n_rebuild_tensor_v2\n(" + storage + pickled_number(offset) + pickled_tuple(sizes) +
         pickled_tuple(strides) + "\x89NtR";
}

/// Returns the pickle of a float tensor in storage "0" of `count` elements, shaped (claimed).
inline std::string pickled_tensor(std::int64_t count, std::int64_t claimed) {
  return pickled_view(pickled_storage("0", count), 0, {claimed}, {1});
}

/// `entries` are keys and values in turn.
inline std::string pickled_dict(const std::string& entries) { return "\x80\x02}(" + entries + "u."; }

}  // namespace assay::models
