#pragma once

#include "app/classification.h"

namespace assay::app {

/// Checks the images of a data set as `data.check` asks: tells on stderr what is wrong, and keeps it in the record and
/// as data_health.json. What was found for the same images is remembered in the user's cache folder.
/// Errors: Error(kData) for an unreadable file, a leak or a label conflict where the check is to stop; Stopped.
void check_data(RunContext& context, const ClassificationData& data);

/// Checks them alone, for a context without a folder: also where `data.check` is "off", and without a file of what was
/// found. Errors: as check_data().
void check_data_alone(RunContext& context, ClassificationData data);

}  // namespace assay::app
