#include "core/checked_file.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay {
namespace {

class CheckedFileTest : public testing::Test {
 protected:
  std::filesystem::path file() const { return folder_.path() / "a.ckpt"; }
  TemporaryFolder folder_;
};

TEST_F(CheckedFileTest, GivesBackWhatWasWritten) {
  for (const auto& bytes : {std::string(), std::string("abc"), std::string("\0\n\xff", 3)}) {
    write_checked_file(file(), "checkpoint", bytes);
    EXPECT_EQ(read_checked_file(file(), "checkpoint"), bytes);
  }
}

TEST_F(CheckedFileTest, EveryFlippedBitAndEveryCutIsFound) {
  write_checked_file(file(), "checkpoint", "some bytes");
  const auto whole = read_file(file());
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 4);
    write_file_atomically(file(), flipped);
    EXPECT_ERROR(read_checked_file(file(), "checkpoint"), kData, "a.ckpt");
    write_file_atomically(file(), whole.substr(0, i));
    EXPECT_ERROR(read_checked_file(file(), "checkpoint"), kData, "a.ckpt");
  }
}

TEST_F(CheckedFileTest, RefusesAnotherKindAndAnAbsentFile) {
  EXPECT_ERROR(read_checked_file(file(), "checkpoint"), kData, "cannot read");
  write_checked_file(file(), "cache", "abc");
  EXPECT_ERROR(read_checked_file(file(), "checkpoint"), kData, "is no checkpoint file");
}

}  // namespace
}  // namespace assay
