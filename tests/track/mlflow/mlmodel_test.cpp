#include "track/mlflow/mlmodel.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

TEST(MlmodelTest, AddsKeysAndLeavesTheRest) {
  EXPECT_EQ(set_mlmodel_keys("flavors:\n  pytorch:\n    model_id: kept\n", {{"model_id", "m-1"}, {"run_id", "7"}}),
            "flavors:\n  pytorch:\n    model_id: kept\nmodel_id: 'm-1'\nrun_id: '7'\n");
}

TEST(MlmodelTest, ReplacesAKeyWithAllItsLines) {
  EXPECT_EQ(set_mlmodel_keys("artifact_path: a\n  long path\nmodel_id: null\nmodel_id_of: x\nlast: 1",
                             {{"model_id", "m-1"}, {"artifact_path", "mlflow-artifacts:/1/it's"}}),
            "model_id_of: x\nlast: 1\nmodel_id: 'm-1'\nartifact_path: 'mlflow-artifacts:/1/it''s'\n");
}

}  // namespace
}  // namespace assay::track
