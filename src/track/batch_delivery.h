#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "track/mlflow_api.h"

namespace assay::track {

/// Says what became of a batch.
struct BatchResult {
  std::size_t num_sent = 0;
  std::size_t num_rejected = 0;
  std::optional<Failure> failure;  ///< the first rejection; or, not kRejected, why nothing is settled yet
};

/// Stores a batch. Since the server refuses a batch whole when one entity is bad, a refused one is halved until the bad
/// ones are alone, within a bounded number of requests. Repeatable: what had arrived is the same to the server.
BatchResult deliver_batch(MlflowApi& api, std::string_view run_id, const Batch& batch);

}  // namespace assay::track
