#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "report/record.h"

namespace assay::report {

/// A record that could not be read, and the reason.
struct Unreadable {
  std::string origin;
  std::string reason;
};

/// The records of a report, and those that were skipped.
struct LoadedRecords {
  std::vector<Record> records;
  std::vector<Unreadable> unreadable;
};

/// Parses the text of one record and adds it to `loaded`, or the reason why it cannot be used.
void load_record_text(std::string_view text, const std::string& origin, LoadedRecords& loaded);

/// Reads the given record files and every record.json below the given folders, each file once.
/// Errors: Error(kConfig) for a path that does not exist, or if no record is found at all.
LoadedRecords load_records(const std::vector<std::filesystem::path>& sources);

}  // namespace assay::report
