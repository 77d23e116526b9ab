#include "device/switches.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::device {
namespace {

class SwitchesTest : public testing::Test {
 protected:
  void TearDown() override { at::set_num_threads(num_threads_); }

  const int num_threads_ = at::get_num_threads();
  DeviceOptions options_;
  Host host_;
};

TEST_F(SwitchesTest, AutomaticThreadsAreOnePerCore) {
  host_.num_cores = 2;
  EXPECT_THAT(set_switches(options_, host_), testing::IsEmpty());
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST_F(SwitchesTest, FewerThreadsThanCoresAreTakenAsAsked) {
  host_.num_cores = 4;
  options_.threads = 3;
  EXPECT_THAT(set_switches(options_, host_), testing::IsEmpty());
  EXPECT_EQ(at::get_num_threads(), 3);
}

// Thousands take minutes to start, in which SIGTERM is not obeyed.
TEST_F(SwitchesTest, MoreThreadsThanCoresAreNotStarted) {
  host_.num_cores = 2;
  options_.threads = kMostThreads;
  EXPECT_THAT(set_switches(options_, host_),
              testing::ElementsAre("device.threads = 4096: as many as the usable cores are taken, 2"));
  EXPECT_EQ(at::get_num_threads(), 2);
}

TEST_F(SwitchesTest, MoreOperationsAtATimeThanCoresAreNotStarted) {
  const auto before = at::get_num_interop_threads();
  host_.num_cores = static_cast<int>(before);  // LibTorch takes the number once, and others may have set it
  options_.interop_threads = kMostThreads;
  EXPECT_THAT(set_switches(options_, host_),
              testing::ElementsAre(testing::HasSubstr("device.interop_threads = 4096: as many as the usable cores")));
  EXPECT_EQ(at::get_num_interop_threads(), before);
}

}  // namespace
}  // namespace assay::device
