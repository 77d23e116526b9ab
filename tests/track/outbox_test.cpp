#include "track/outbox.h"

#include "expect_error.h"

namespace assay::track {
namespace {

Metric point(std::int64_t step) { return {"loss", 0.5, 1000 + step, step}; }

Outbox make_outbox(std::size_t max_points = Outbox::kMaxPoints) {
  return Outbox(NewRun{}, "experiment", {}, max_points);
}

TEST(OutboxTest, KeepsEachBatchWithinTheServersLimits) {
  auto outbox = make_outbox();
  for (int i = 0; i < 2500; ++i) outbox.add_metric(point(i));
  for (int i = 0; i < 250; ++i) {
    outbox.add_params({{fmt::format("p{}", i), "v"}});
    outbox.add_tag(fmt::format("t{}", i), "v");
  }
  std::vector<std::int64_t> steps;
  std::size_t num_params = 0;
  std::size_t num_tags = 0;
  for (int i = 0; i < 20 && outbox.batch_due_time(); ++i) {
    const Batch batch = outbox.take_batch();
    EXPECT_LE(batch.size(), 1000U);
    EXPECT_LE(batch.params.size(), 100U);
    EXPECT_LE(batch.tags.size(), 100U);
    for (const auto& metric : batch.metrics) steps.push_back(metric.step);
    num_params += batch.params.size();
    num_tags += batch.tags.size();
    outbox.settle_batch(batch.size(), 0, "");
  }
  ASSERT_EQ(steps.size(), 2500U);
  for (int i = 0; i < 2500; ++i) EXPECT_EQ(steps[static_cast<std::size_t>(i)], i);
  EXPECT_EQ(num_params, 250U);
  EXPECT_EQ(num_tags, 250U);
  EXPECT_EQ(outbox.num_sent, 3000);
}

TEST(OutboxTest, KeepsEachBodyBelowAMegabyte) {
  auto outbox = make_outbox();
  for (int i = 0; i < 100; ++i) outbox.add_tag(fmt::format("t{}", i), std::string(8000, '"'));
  std::size_t num_tags = 0;
  while (outbox.batch_due_time()) {
    const Batch& batch = outbox.take_batch();
    EXPECT_LT(to_wire(encode_batch(batch, "run")).size(), 1'000'000U);
    num_tags += batch.tags.size();
    outbox.settle_batch(batch.size(), 0, "");
  }
  EXPECT_EQ(num_tags, 100U);
}

TEST(OutboxTest, SendsTheVerySameBatchAgainUntilItIsSettled) {
  auto outbox = make_outbox();
  outbox.add_metric(point(1));
  const auto first = to_wire(encode_batch(outbox.take_batch(), "run"));
  outbox.add_metric(point(2));
  EXPECT_EQ(to_wire(encode_batch(outbox.take_batch(), "run")), first);
  outbox.settle_batch(1, 0, "");
  EXPECT_EQ(outbox.take_batch().metrics.at(0).step, 2);
}

TEST(OutboxTest, LetsAPointWaitForCompanyButNotTheLast) {
  auto outbox = make_outbox();
  const auto now = std::chrono::steady_clock::now();
  EXPECT_FALSE(outbox.batch_due_time());
  EXPECT_TRUE(outbox.add_metric(point(1)));
  EXPECT_FALSE(outbox.add_metric(point(2)));
  EXPECT_FALSE(outbox.is_batch_due(now + seconds(0.5)));
  EXPECT_TRUE(outbox.is_batch_due(now + seconds(1.5)));
  outbox.end({RunStatus::kFinished, 1});
  EXPECT_TRUE(outbox.is_batch_due(now));
}

TEST(OutboxTest, BoundsItsMemoryAndCountsWhatItLoses) {
  auto outbox = make_outbox(/*max_points=*/10);
  for (int i = 0; i < 25; ++i) outbox.add_metric(point(i));
  EXPECT_EQ(outbox.num_lost, 15);
  EXPECT_EQ(outbox.num_waiting(), 10 + 1);
  EXPECT_THAT(outbox.first_error, testing::HasSubstr("more was logged than is kept"));
  EXPECT_EQ(outbox.take_batch().metrics.size(), 10U);
}

TEST(OutboxTest, KeepsTheLastValueOfATag) {
  auto outbox = make_outbox();
  outbox.add_tag("state", "training");
  outbox.add_tag("state", "done");
  const Batch& batch = outbox.take_batch();
  ASSERT_EQ(batch.tags.size(), 1U);
  EXPECT_EQ(batch.tags[0].second, "done");
}

TEST(OutboxTest, ClosesOnlyAfterEverythingElseAndItsChildren) {
  auto outbox = make_outbox();
  auto child = std::make_shared<Outbox>(NewRun{}, "experiment", std::weak_ptr<Outbox>());
  outbox.children.push_back(child);
  outbox.add_metric(point(1));
  outbox.add_file("file", "file");
  EXPECT_FALSE(outbox.is_ready_to_close());
  outbox.end({RunStatus::kKilled, 5});
  outbox.end({RunStatus::kFinished, 9});
  outbox.take_batch();
  outbox.settle_batch(1, 0, "");
  EXPECT_FALSE(outbox.is_ready_to_close());
  outbox.settle_file("");
  EXPECT_FALSE(outbox.is_ready_to_close());
  child->settle_close("");
  EXPECT_TRUE(outbox.is_ready_to_close());
  EXPECT_EQ(outbox.ending()->status, RunStatus::kKilled);
  outbox.settle_close("");
  EXPECT_EQ(outbox.num_sent, 3);
  EXPECT_EQ(outbox.num_waiting(), 0);
}

TEST(OutboxTest, CountsEverythingAsLostOnceItGaveUp) {
  auto outbox = make_outbox();
  outbox.add_metric(point(1));
  outbox.add_params({{"lr", "1"}});
  outbox.give_up("no server");
  outbox.give_up("again");
  outbox.add_metric(point(2));
  EXPECT_EQ(outbox.num_lost, 2 + 1 + 1);
  EXPECT_EQ(outbox.first_error, "no server");
  EXPECT_FALSE(outbox.batch_due_time());
}

TEST(OutboxTest, CountsWhatComesAfterTheEnd) {
  auto outbox = make_outbox();
  outbox.end({RunStatus::kFinished, 1});
  outbox.add_metric(point(1));
  EXPECT_EQ(outbox.num_lost, 1);
  EXPECT_EQ(outbox.first_error, "logged after the end of the run");
}

}  // namespace
}  // namespace assay::track
