// Feeds arbitrary bytes to the parser of overrides, which must return a value or throw an assay::Error. Run:
// scripts/fuzz

#include <cstddef>
#include <cstdint>

#include "config/grammar.h"
#include "core/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    assay::config::parse_override({reinterpret_cast<const char*>(data), size}, 1);
  } catch (const assay::Error&) {
  }
  return 0;
}
