#pragma once

#include <cstdint>
#include <string>

#include "temporary_folder.h"

namespace assay::data {

/// Returns a BMP file of one colour, 24 bits a pixel.
inline std::string bmp_of_colour(int height, int width, std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  const auto little_endian = [](std::uint32_t value) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
    return bytes;
  };
  const auto u32 = [&](int value) { return little_endian(static_cast<std::uint32_t>(value)); };
  std::string row;
  for (int x = 0; x < width; ++x) {
    row += static_cast<char>(blue);
    row += static_cast<char>(green);
    row += static_cast<char>(red);
  }
  row.resize((row.size() + 3) / 4 * 4, '\0');
  const auto size = static_cast<int>(row.size()) * height;
  auto file = "BM" + u32(54 + size) + u32(0) + u32(54) + u32(40) + u32(width) + u32(height) +
              std::string("\1\0\x18\0", 4) + u32(0) + u32(size) + u32(2835) + u32(2835) + u32(0) + u32(0);
  for (int y = 0; y < height; ++y) file += row;
  return file;
}

/// Writes PREFIX{ant,bee}/N.bmp: `count` images a class, of sizes that differ; ants are red, bees green.
inline void write_images(const TemporaryFolder& folder, const std::string& prefix, int count) {
  for (int i = 0; i < count; ++i) {
    const auto file = std::to_string(i) + ".bmp";
    const auto level = static_cast<std::uint8_t>(100 + i);
    folder.write(prefix + "ant/" + file, bmp_of_colour(20 + i, 30, level, 0, 0));
    folder.write(prefix + "bee/" + file, bmp_of_colour(30, 20 + i, 0, level, 0));
  }
}

}  // namespace assay::data
