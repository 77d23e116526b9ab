#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assay::track {

enum class EntryKind : std::uint8_t {
  kMetric = 0,
  kParam = 1,
  kTag = 2,
  kFile = 3,
  kEnd = 4,
  kDataset = 5,
  kModel = 6
};

/// One entry on its way into a journal.
struct JournalRecord {
  EntryKind kind = EntryKind::kMetric;
  std::int64_t run = 0;
  std::int64_t time_ms = 0;
  std::int64_t step = 0;       ///< of a metric
  double number = 0.0;         ///< of a metric
  std::string_view key = {};   ///< of a file: its path inside the run; of a dataset or model: its name
  std::string_view text = {};  ///< a value, a file's own path, a status, or JSON
};

/// Writes a record as bytes for a queue of this machine, into `bytes`.
void encode_record(const JournalRecord& record, std::string& bytes);

/// Reads what encode_record wrote; the result refers to `bytes`. Nothing for other bytes.
std::optional<JournalRecord> decode_record(std::string_view bytes);

}  // namespace assay::track
