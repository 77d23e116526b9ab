#include "track/journal/ring.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <deque>
#include <fstream>
#include <random>

#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::track {
namespace {

TEST(RingTest, GivesBackWhatWasPushedInOrder) {
  const TemporaryFolder folder;
  Ring ring(folder.path() / "a.ring", 4096);
  std::mt19937 random(7);
  std::deque<std::string> pushed;
  auto position = ring.begin();
  int num_read = 0;
  for (int i = 0; i < 5000; ++i) {
    const std::string record(random() % 300, static_cast<char>('a' + i % 26));
    if (ring.push(record)) {
      pushed.push_back(record);
      continue;
    }
    ASSERT_FALSE(pushed.empty()) << "an empty ring takes any record";
    while (const auto read = ring.read(position)) {
      ASSERT_EQ(read->bytes, pushed.front());
      pushed.pop_front();
      position = read->next;
      ++num_read;
      if (random() % 4 == 0) break;
    }
    ring.release(position);
  }
  EXPECT_GT(num_read, 3000);
}

TEST(RingTest, OutlivesItsProcess) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.ring";
  const auto pid = ::fork();
  if (pid == 0) {
    Ring ring(path);
    for (int i = 0; i < 1000; ++i) ring.push(fmt::format("record {}", i));
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(pid, nullptr, 0);
  const Ring ring(path);
  auto position = ring.begin();
  for (int i = 0; i < 1000; ++i) {
    const auto record = ring.read(position);
    ASSERT_TRUE(record.has_value()) << i;
    EXPECT_EQ(record->bytes, fmt::format("record {}", i));
    position = record->next;
  }
  EXPECT_FALSE(ring.read(position));
}

TEST(RingTest, StopsWhereItIsDamaged) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.ring";
  std::uint64_t second = 0;
  {
    Ring ring(path, 4096);
    ring.push("the first");
    second = ring.end();
    ring.push("the second");
    ring.push("the third");
  }
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary)
      .seekp(static_cast<long>(4096 + second + 20))
      .put('X');
  const Ring ring(path);
  EXPECT_EQ(ring.read(ring.begin())->next, second);
  EXPECT_FALSE(ring.read(second));
  EXPECT_LT(second, ring.end());
}

TEST(RingTest, FindsRecordsBehindDamageAndReleasedOnes) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.ring";
  Ring ring(path, 4096);
  for (int i = 0; i < 10; ++i) ring.push(fmt::format("record {}", i));
  ring.release(ring.end());
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(4096 + 3 * 24 + 20).put('X');
  std::vector<std::string> found;
  for (auto record = ring.find(0); record; record = ring.find(record->next)) found.emplace_back(record->bytes);
  ASSERT_EQ(found.size(), 9U);
  EXPECT_EQ(found[2], "record 2");
  EXPECT_EQ(found[3], "record 4");
}

TEST(RingTest, RefusesAHeaderThatCannotBe) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a.ring";
  { const Ring ring(path, 4096); }
  std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(24).put('\x01');
  EXPECT_THROW(Ring{path}, DamagedRing);
}

TEST(RingTest, RefusesOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_ERROR(Ring(folder.write("text.ring", std::string(9000, 'x'))), kData, "text.ring");
  EXPECT_ERROR(Ring(folder.write("short.ring", "x")), kData, "short.ring");
  EXPECT_ERROR(Ring(folder.path() / "none/a.ring"), kData, "none/a.ring");
}

}  // namespace
}  // namespace assay::track
