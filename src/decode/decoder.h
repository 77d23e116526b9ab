#pragma once

#include <cstddef>
#include <cstdint>

/// The interface of the library that links libvips, which is loaded when the first image is decoded: its hundred shared
/// libraries would cost each start 30 ms and 23 MB.
extern "C" {

struct AssayPixels {
  std::uint8_t* rows;
  int height;
  int width;
  int full_height;
  int full_width;
  void (*free)(void* rows);
};

/// Returns 0, or writes why not to `error`.
using AssayReadImage = int(const char* file, int needed_height, int needed_width, AssayPixels* pixels, char* error,
                           std::size_t error_size);
}
