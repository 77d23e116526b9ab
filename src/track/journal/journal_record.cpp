#include "track/journal/journal_record.h"

#include <cstring>

namespace assay::track {
namespace {

struct Fixed {
  std::int64_t run;
  std::int64_t time_ms;
  std::int64_t step;
  double number;
  std::uint32_t key_length;
  std::uint8_t kind;
  std::uint8_t unused[3];
};

}  // namespace

void encode_record(const JournalRecord& record, std::string& bytes) {
  const Fixed fixed{record.run,
                    record.time_ms,
                    record.step,
                    record.number,
                    static_cast<std::uint32_t>(record.key.size()),
                    static_cast<std::uint8_t>(record.kind),
                    {}};
  bytes.resize(sizeof fixed + record.key.size() + record.text.size());
  std::memcpy(bytes.data(), &fixed, sizeof fixed);
  record.key.copy(bytes.data() + sizeof fixed, record.key.size());
  record.text.copy(bytes.data() + sizeof fixed + record.key.size(), record.text.size());
}

std::optional<JournalRecord> decode_record(std::string_view bytes) {
  Fixed fixed{};
  if (bytes.size() < sizeof fixed) return std::nullopt;
  std::memcpy(&fixed, bytes.data(), sizeof fixed);
  bytes.remove_prefix(sizeof fixed);
  if (fixed.key_length > bytes.size() || fixed.kind > static_cast<std::uint8_t>(EntryKind::kModel)) return std::nullopt;
  return JournalRecord{static_cast<EntryKind>(fixed.kind),
                       fixed.run,
                       fixed.time_ms,
                       fixed.step,
                       fixed.number,
                       bytes.substr(0, fixed.key_length),
                       bytes.substr(fixed.key_length)};
}

}  // namespace assay::track
