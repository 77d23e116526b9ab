#include "track/delivery/late_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::track {
namespace {

Failure late() {
  Failure failure;
  failure.may_arrive = true;
  return failure;
}

TEST(LateRequestsTest, WhatMayStillBeCarriedOutIsNotAskedForAgain) {
  LateRequests requests;
  requests.note("run 1", late(), SteadyTime::clock::now());
  const auto held = requests.hold_back("run 1");
  ASSERT_TRUE(held);
  EXPECT_TRUE(held->is_pending);
  EXPECT_THAT(held->message, testing::HasSubstr("make run 1 and may still do it"));
  EXPECT_FALSE(requests.hold_back("run 2"));
}

TEST(LateRequestsTest, WhatTheServerRefusedMayBeAskedForAgain) {
  LateRequests requests;
  requests.note("run 1", Failure(), SteadyTime::clock::now());
  EXPECT_FALSE(requests.hold_back("run 1"));
}

TEST(LateRequestsTest, NothingIsHeldBackForEver) {
  LateRequests requests;
  requests.note("older", late(), SteadyTime::clock::now() - std::chrono::seconds(26));
  requests.note("younger", late(), SteadyTime::clock::now() - std::chrono::seconds(20));
  EXPECT_FALSE(requests.hold_back("older"));
  EXPECT_TRUE(requests.hold_back("younger"));
}

}  // namespace
}  // namespace assay::track
