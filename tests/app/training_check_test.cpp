#include "app/training_check.h"

#include "config/toml.h"
#include "expect_error.h"

namespace assay::app {
namespace {

config::Section section(const std::string& toml, const std::string& key) {
  return {config::parse_toml(toml, "options.toml"), key, config::Origin{"options.toml", 1, 1}};
}

// Throws the mistakes that are found, as a run does before it starts.
void check(const std::string& sampling, const std::string& class_weights) {
  train::TrainOptions options;
  options.optimizer = section("name = \"sgd\"", "train.optimizer");
  options.schedule = section("name = \"cosine\"", "train.schedule");
  options.class_weights = class_weights;
  const auto data = section("name = \"shapes\"\nnum_train = 400\n[loader]\nsampling = \"" + sampling + "\"", "data");
  const device::DeviceOptions device_options;
  const device::Host host;
  const device::ChosenDevice device;
  config::Problems problems;
  check_training(data, options, 1, {device_options, host, device}, problems);
  problems.throw_if_any();
}

TEST(TrainingCheckTest, RefusesToBalanceClassesTwice) {
  EXPECT_NO_THROW(check("balanced", "none"));
  EXPECT_NO_THROW(check("shuffle", "balanced"));
  EXPECT_ERROR(check("balanced", "sqrt"), kConfig, "correct the same imbalance twice");
  EXPECT_ERROR(check("even", "none"), kConfig, "data.loader.sampling");
}

}  // namespace
}  // namespace assay::app
