#include "track/model_delivery.h"

#include <fmt/format.h>

namespace assay::track {

Done deliver_model(MlflowApi&, const RecordedRun&, const LoggedModel& model) {
  Failure failure;
  failure.kind = Failure::Kind::kRejected;
  failure.message = fmt::format("model `{}` cannot be delivered yet", model.name);
  return failure;
}

}  // namespace assay::track
