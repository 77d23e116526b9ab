#pragma once

#include <string_view>
#include <vector>

#include "report/comparison.h"
#include "report/document.h"
#include "report/record.h"

namespace assay::report {

/// Adds the verdict on the three targets: one sentence, three cards, and the table of all variants.
void add_headline(const Record& record, const std::vector<Comparison>& comparisons, Document& document);

/// Returns the verdict in one sentence, without a full stop: "Static int8 meets all three targets: ...".
Text verdict_sentence(const Record& record, const std::vector<Comparison>& comparisons);

/// Adds the baseline's facts and the table of all variants with intervals and changes.
void add_techniques(const Record& record, const std::vector<Comparison>& comparisons, Document& document);

/// Adds the charts for which the record has data; `prefix` starts their file names.
void add_tradeoff_charts(const Record& record, std::string_view prefix, Document& document);
void add_training(const Record& record, std::string_view prefix, Document& document);

/// Adds data set, model, environment, the command to repeat the run, where it is tracked, and the gaps of the record.
void add_facts(const Record& record, Document& document);

/// Adds the table of all runs of an experiment and the errors of unfinished ones. `shown` is the run described in full.
void add_runs(const std::vector<const Record*>& runs, const Record& shown, Document& document);

}  // namespace assay::report
