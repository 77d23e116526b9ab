#pragma once

#include <c10/core/ScalarType.h>

#include <array>

#include "models/element_type.h"

namespace assay::models {

/// LibTorch's types, in the order of ElementType.
inline constexpr std::array kScalarTypes = {c10::kDouble, c10::kFloat, c10::kHalf, c10::kBFloat16, c10::kLong,
                                            c10::kInt,    c10::kShort, c10::kChar, c10::kByte,     c10::kBool};
static_assert(kScalarTypes.size() == kElementRows.size());

constexpr c10::ScalarType scalar_type(ElementType type) { return kScalarTypes.at(static_cast<std::size_t>(type)); }

}  // namespace assay::models
