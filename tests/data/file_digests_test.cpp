#include "data/file_digests.h"

#include <spdlog/spdlog.h>
#include <stdlib.h>

#include "core/sha256.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

class FileDigestsTest : public ::testing::Test {
 protected:
  FileDigestsTest() { ::setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1); }
  ~FileDigestsTest() override { ::unsetenv("XDG_CACHE_HOME"); }

  /// Writes a file and gives it a time of modification some seconds ago.
  void write(const std::string& text, int seconds_ago = 60) {
    const auto file = folder_.write("a", text);
    fs::last_write_time(file, now_ - std::chrono::seconds(seconds_ago));
  }

  std::string digest() { return FileDigests(folder_.path()).of("a"); }

  TemporaryFolder cache_;
  TemporaryFolder folder_;
  fs::file_time_type now_ = fs::file_time_type::clock::now();
};

TEST_F(FileDigestsTest, AreThoseOfSha256) {
  write("one");
  EXPECT_EQ(digest(), sha256("one"));
}

TEST_F(FileDigestsTest, AreRememberedByPathSizeAndTime) {
  write("one");
  digest();
  write("two");  // as long and as old: nobody does this but this test, to see that the file is not read
  EXPECT_EQ(digest(), sha256("one"));
  write("two", 50);
  EXPECT_EQ(digest(), sha256("two"));
  write("three", 50);
  EXPECT_EQ(digest(), sha256("three"));
}

TEST_F(FileDigestsTest, AreNotRememberedOfFilesJustWritten) {
  write("one", 0);
  digest();
  write("two", 0);
  EXPECT_EQ(digest(), sha256("two"));
}

TEST_F(FileDigestsTest, SurviveADamagedMemory) {
  write("one");
  digest();
  for (const auto& entry : fs::recursive_directory_iterator(cache_.path())) {
    if (entry.is_regular_file()) std::ofstream(entry.path()) << "no digest\nabc 3 4 a\n\n";
  }
  EXPECT_EQ(digest(), sha256("one"));
}

// For root, whom no permission stops, a folder and a link to itself stand for what cannot be read.
TEST_F(FileDigestsTest, GoOnWithoutAMemoryThatCannotBeRead) {
  write("one");
  digest();
  fs::path memory;
  for (const auto& entry : fs::recursive_directory_iterator(cache_.path())) {
    if (entry.is_regular_file()) memory = entry.path();
  }
  ASSERT_FALSE(memory.empty());
  const auto expect_warning = [&] {
    testing::internal::CaptureStdout();  // where the default logger writes
    EXPECT_EQ(digest(), sha256("one"));
    spdlog::default_logger()->flush();
    EXPECT_THAT(testing::internal::GetCapturedStdout(), testing::HasSubstr("cannot read " + memory.string()));
  };
  fs::remove(memory);
  fs::create_directory(memory);
  expect_warning();
  fs::remove(memory);
  fs::create_symlink(memory, memory);
  expect_warning();
}

TEST_F(FileDigestsTest, NameTheFileThatCannotBeRead) { EXPECT_ERROR(digest(), kData, "a"); }

}  // namespace
}  // namespace assay::data
