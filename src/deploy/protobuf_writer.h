#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace assay::deploy {

/// Encodes one message in protobuf's wire format, field by field, in the order of the calls; a field that is repeated
/// is added several times.
/// Written here, since LibTorch carries a protobuf of another version in its own library: a second one in the same
/// process, of which ONNX's classes would need headers, compiler and library, is more than these lines.
/// Source: protobuf.dev/programming-guides/encoding.
class ProtobufWriter {
 public:
  /// Adds a field of type int32, int64 or enum.
  void add_int(std::uint32_t field, std::int64_t value) {
    add_tag(field, 0);
    add_varint(static_cast<std::uint64_t>(value));
  }

  void add_float(std::uint32_t field, float value) {
    add_tag(field, 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int shift = 0; shift < 32; shift += 8) bytes_.push_back(static_cast<char>(bits >> shift & 0xFFU));
  }

  /// Adds a field of type string or bytes.
  void add_bytes(std::uint32_t field, std::string_view value) {
    add_tag(field, 2);
    add_varint(value.size());
    bytes_.append(value);
  }

  void add_message(std::uint32_t field, const ProtobufWriter& message) { add_bytes(field, message.bytes_); }

  const std::string& bytes() const { return bytes_; }

 private:
  void add_tag(std::uint32_t field, std::uint32_t wire_type) { add_varint(field << 3U | wire_type); }

  void add_varint(std::uint64_t value) {
    for (; value >= 0x80U; value >>= 7U) bytes_.push_back(static_cast<char>((value & 0x7FU) | 0x80U));
    bytes_.push_back(static_cast<char>(value));
  }

  std::string bytes_;
};

}  // namespace assay::deploy
