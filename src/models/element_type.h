#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace assay::models {

/// What the numbers of a tensor in a weights file are.
enum class ElementType { kFloat64, kFloat32, kFloat16, kBFloat16, kInt64, kInt32, kInt16, kInt8, kUInt8, kBool };

/// How the formats name a type, and how large it is.
struct ElementRow {
  std::string_view safetensors;
  std::string_view storage;  ///< PyTorch's class
  std::int64_t num_bytes;
};

/// In the order of ElementType.
inline constexpr std::array kElementRows = {
    ElementRow{"F64", "torch.DoubleStorage", 8}, ElementRow{"F32", "torch.FloatStorage", 4},
    ElementRow{"F16", "torch.HalfStorage", 2},   ElementRow{"BF16", "torch.BFloat16Storage", 2},
    ElementRow{"I64", "torch.LongStorage", 8},   ElementRow{"I32", "torch.IntStorage", 4},
    ElementRow{"I16", "torch.ShortStorage", 2},  ElementRow{"I8", "torch.CharStorage", 1},
    ElementRow{"U8", "torch.ByteStorage", 1},    ElementRow{"BOOL", "torch.BoolStorage", 1},
};

constexpr const ElementRow& row_of(ElementType type) { return kElementRows.at(static_cast<std::size_t>(type)); }

/// Largest number of sides of a tensor in a weights file.
inline constexpr std::size_t kMostSides = 8;

}  // namespace assay::models
