#include "track/system/host_usage.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "core/file.h"
#include "core/json.h"
#include "golden/run_python.h"
#include "temporary_folder.h"
#include "track/system/container_usage.h"
#include "track/system/measured.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::Key;
using testing::Not;

const fs::path kGolden = fs::path(ASSAY_SOURCE_DIR) / "tests/golden";

/// Stands for "/" and shows one recording after the other.
class RecordedHost {
 public:
  explicit RecordedHost(const std::string& recording) { show(recording); }

  void show(const std::string& recording) const {
    fs::remove_all(folder_.path() / "proc");
    fs::copy(kGolden / "host" / recording, folder_.path(), fs::copy_options::recursive);
  }
  const fs::path& path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

TEST(HostUsageTest, ComputesWhatPsutilComputes) {
  const RecordedHost host("first");
  HostUsage usage(host.path());
  host.show("second");
  const auto values = measure(usage);
  const auto golden = Json::parse(read_file(kGolden / "system_metrics.json"));
  for (const auto& [name, value] : golden.items()) {
    if (name == "made_with") continue;
    ASSERT_THAT(values, Contains(Key(name)));
    EXPECT_NEAR(values.at(name), value.get<double>(), 1e-6) << name;
  }
}

TEST(HostUsageTest, WithoutTimePassedThereIsNoUtilization) {
  const RecordedHost host("first");
  HostUsage usage(host.path());
  EXPECT_THAT(measure(usage), Not(Contains(Key("cpu_utilization_percentage"))));
}

TEST(HostUsageTest, LeavesOutWhatIsAbsent) {
  const TemporaryFolder root;
  HostUsage usage(root.path());
  for (const auto& [name, value] : measure(usage)) EXPECT_THAT(name, testing::StartsWith("disk_"));
}

TEST(HostUsageTest, LeavesOutWhatIsMalformed) {
  const TemporaryFolder root;
  root.write("proc/stat", "cpu  1 2 x 4 5\n");
  root.write("proc/meminfo", "MemTotal: 0 kB\nMemAvailable: many\n");
  root.write("proc/net/dev", "Inter-|   Receive\n face |bytes\n eth0: 1 2 3\n lo: a b c d e f g h i\n");
  HostUsage usage(root.path());
  root.write("proc/stat", "cpu  99999999999999999999 2 3 4\n");
  for (const auto& [name, value] : measure(usage)) EXPECT_THAT(name, testing::StartsWith("disk_"));
}

TEST(HostUsageTest, AgreesWithPsutilOnThisMachine) {
  if (const auto reason = explain_missing_python(); !reason.empty()) GTEST_SKIP() << reason;
  const auto output = run_python("system_metrics.py", std::to_string(::getpid()));
  ASSERT_TRUE(output);
  const auto psutil = Json::parse(*output);
  if (psutil.is_null()) GTEST_SKIP() << "psutil is not installed in .venv";
  HostUsage host;
  ContainerUsage container;
  auto values = measure(host);
  values.merge(measure(container));
  // What goes on beside the test may change them in between by so much of the value.
  constexpr double kTolerance = 0.1;
  for (const auto& [name, value] : psutil.items()) {
    ASSERT_THAT(values, Contains(Key(name)));
    EXPECT_NEAR(values.at(name), value.get<double>(), value.get<double>() * kTolerance) << name;
  }
}

}  // namespace
}  // namespace assay::track
