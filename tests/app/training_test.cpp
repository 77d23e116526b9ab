#include "app/training.h"

#include "app/study_fixture.h"
#include "device/metering_allocator.h"

namespace assay::app {
namespace {

class TrainingTest : public StudyTest {
 protected:
  void TearDown() override { device::set_host_memory_budget(0); }
};

// All 200 images together take 2.5 MB.
TEST_F(TrainingTest, ValidatesOnNoMoreImagesAtATimeThanAPassTakes) {
  const auto data = draw_data("image_size = 32\nnum_train = 400\nnum_test = 20\n[loader]\nvalidation_fraction = 0.5");
  ASSERT_EQ(data.validation.size(), 200);
  const auto model = small_network(data.num_classes());
  auto options = train_options();
  options.trial.limit_batches = 2;
  device::BatchPlan plan;
  plan.global = 4;
  plan.micro = 2;
  const auto meter = device::make_host_memory_meter();
  device::set_host_memory_budget(meter->current_bytes() + 2'200'000);
  train_classifier(context_, data, *model, options, plan);
  EXPECT_EQ(record_["training"]["batch_micro"], 2) << "training itself had room";
}

}  // namespace
}  // namespace assay::app
