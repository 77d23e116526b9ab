#include "track/system/system_metrics.h"

#include <stdlib.h>

#include <map>
#include <set>
#include <stdexcept>

#include "core/clock.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "track/entities.h"

namespace assay::track {
namespace {

constexpr double kNever = 1e6;  // seconds

/// Keeps the points, by key and step.
class Points : public MetricSink {
 public:
  void log_metric(std::string_view key, double value, std::int64_t step) override {
    const std::lock_guard lock(mutex_);
    values_[std::string(key)][step] = value;
    changed_.notify_all();
  }

  void await(const std::string& key, std::int64_t step) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return values_[key].contains(step); });
  }

  std::map<std::string, std::map<std::int64_t, double>> values() const {
    const std::lock_guard lock(mutex_);
    return values_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::map<std::int64_t, double>> values_;
};

class FullSink : public MetricSink {
 public:
  void log_metric(std::string_view, double, std::int64_t) override { throw std::runtime_error("the disk is full"); }
};

TEST(SystemMetricsTest, GoesOnBehindTheStepsOfARunThatGoesOn) {
  Points points;
  { const SystemMetrics metrics(points, {.interval_s = kNever, .first_step = 7}); }
  const auto values = points.values();
  for (const auto& [step, value] : values.at("system/disk_usage_percentage")) EXPECT_GE(step, 7);
}

TEST(SystemMetricsTest, LogsAtOnceAndAtTheEnd) {
  Points points;
  {
    const SystemMetrics metrics(points, {.interval_s = kNever});
    points.await("system/system_memory_usage_percentage", 0);
  }
  const auto values = points.values();
  for (const char* name : {"system_memory_usage_megabytes", "disk_usage_percentage", "network_receive_megabytes",
                           "process_memory_megabytes", "process_memory_peak_megabytes"})
    EXPECT_EQ(values.at(std::string("system/") + name).size(), 2U) << name;
}

TEST(SystemMetricsTest, EveryKeyIsOneOfMlflows) {
  Points points;
  { const SystemMetrics metrics(points, {.interval_s = kNever, .node_id = "node-0"}); }
  const auto values = points.values();
  EXPECT_FALSE(values.empty());
  for (const auto& [key, series] : values) {
    EXPECT_THAT(key, testing::StartsWith("system/node-0/"));
    EXPECT_NO_THROW(check_key("metric", key));
  }
}

TEST(SystemMetricsTest, LogsTheMeanOfSeveralSamplesRounded) {
  const TemporaryFolder root;
  root.write("proc/self/status", "VmRSS: 1000 kB\n");
  Points points;
  {
    const SystemMetrics metrics(points, {.interval_s = 0.001, .samples_before_logging = 3, .root = root.path()});
    points.await("system/process_memory_megabytes", 2);
  }
  const auto values = points.values();
  for (const auto& [step, value] : values.at("system/process_memory_megabytes"))
    EXPECT_EQ(value, 1.0) << step;  // 1.024
}

TEST(SystemMetricsTest, LogsTheLastOfTotalsUnrounded) {
  const TemporaryFolder root;
  root.write("proc/net/dev", "lo: 0 0 0 0 0 0 0 0 0\n");
  Points points;
  {
    const SystemMetrics metrics(points, {.interval_s = kNever, .samples_before_logging = 5, .root = root.path()});
    root.write("proc/net/dev", "lo: 1234567 0 0 0 0 0 0 0 7654321\n");
  }
  EXPECT_EQ(points.values().at("system/network_receive_megabytes").at(0), 1.234567);
  EXPECT_EQ(points.values().at("system/network_transmit_megabytes").at(0), 7.654321);
}

TEST(SystemMetricsTest, StopsWithoutWaitingForTheInterval) {
  Points points;
  const Stopwatch watch;
  { const SystemMetrics metrics(points, {.interval_s = kNever}); }
  EXPECT_LT(watch.seconds(), kNever / 1000);
}

TEST(SystemMetricsTest, ASinkThatThrowsEndsOnlyTheSampling) {
  FullSink sink;
  EXPECT_NO_THROW({ const SystemMetrics metrics(sink, {.interval_s = 0.001}); });
}

class SystemMetricsEnvironmentTest : public testing::Test {
 protected:
  ~SystemMetricsEnvironmentTest() override {
    for (const auto& name : names_) ::unsetenv(name.c_str());
  }
  void set(const std::string& name, const std::string& value) {
    names_.insert("MLFLOW_" + name);
    ::setenv(("MLFLOW_" + name).c_str(), value.c_str(), 1);
  }

 private:
  std::set<std::string> names_;
};

TEST_F(SystemMetricsEnvironmentTest, WithoutItTheDefaultsAreMlflows) {
  const auto options = system_metrics_from_environment();
  EXPECT_FALSE(options.enabled);
  EXPECT_EQ(options.interval_s, 10.0);
  EXPECT_EQ(options.samples_before_logging, 1);
  EXPECT_EQ(options.node_id, "");
}

TEST_F(SystemMetricsEnvironmentTest, ReplacesWhatItSays) {
  set("ENABLE_SYSTEM_METRICS_LOGGING", "True");
  set("SYSTEM_METRICS_SAMPLING_INTERVAL", "2.5");
  set("SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", "4");
  set("SYSTEM_METRICS_NODE_ID", "node_0");
  const auto options = system_metrics_from_environment({.interval_s = 99.0});
  EXPECT_TRUE(options.enabled);
  EXPECT_TRUE(options.explain_absent_gpus);
  EXPECT_EQ(options.interval_s, 2.5);
  EXPECT_EQ(options.samples_before_logging, 4);
  EXPECT_EQ(options.node_id, "node_0");
  set("ENABLE_SYSTEM_METRICS_LOGGING", "0");
  EXPECT_FALSE(system_metrics_from_environment({.enabled = true}).enabled);
}

TEST_F(SystemMetricsEnvironmentTest, EmptyVariablesSayNothing) {
  set("ENABLE_SYSTEM_METRICS_LOGGING", "");
  set("SYSTEM_METRICS_SAMPLING_INTERVAL", "");
  const auto options = system_metrics_from_environment({.enabled = true, .interval_s = 3.0});
  EXPECT_TRUE(options.enabled);
  EXPECT_EQ(options.interval_s, 3.0);
}

TEST_F(SystemMetricsEnvironmentTest, RefusesOtherValuesNamingTheVariable) {
  const std::map<std::string, std::vector<std::string>> kBad = {
      {"ENABLE_SYSTEM_METRICS_LOGGING", {"yes", "on", "2", " true"}},
      {"SYSTEM_METRICS_SAMPLING_INTERVAL", {"0", "-1", "nan", "inf", "10s", "ten"}},
      {"SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING", {"0", "-1", "1.5", "few"}},
      {"SYSTEM_METRICS_NODE_ID", {"/a", "a b?", std::string(101, 'a')}}};
  for (const auto& [name, values] : kBad) {
    for (const auto& value : values) {
      set(name, value);
      EXPECT_ERROR(system_metrics_from_environment(), kConfig, "MLFLOW_" + name);
    }
    set(name, "");
  }
}

}  // namespace
}  // namespace assay::track
