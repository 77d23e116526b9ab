#include "device/batch_cache.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "temporary_folder.h"

namespace assay::device {
namespace {

class BatchCacheTest : public testing::Test {
 protected:
  BatchCache cache(const std::string& model = "net", std::int64_t budget = 1000000) const {
    return {folder_.path() / "cache", {{"model", model}, {"shape", {3, 32, 32}}}, budget};
  }

  static FoundBatch found(std::int64_t size) {
    FoundBatch batch;
    batch.num_samples = size;
    return batch;
  }

  TemporaryFolder folder_;
};

TEST_F(BatchCacheTest, FindsWhatItKept) {
  EXPECT_EQ(cache().find(), std::nullopt);
  cache().keep(found(96));
  EXPECT_EQ(cache().find(), 96);
  cache().keep(found(64));
  EXPECT_EQ(cache().find(), 64);
}

TEST_F(BatchCacheTest, AnotherQuestionIsAnotherSize) {
  cache().keep(found(96));
  EXPECT_EQ(cache("other net").find(), std::nullopt);
  EXPECT_EQ(cache("net", 2000000).find(), std::nullopt);
}

TEST_F(BatchCacheTest, NearlyTheSameBudgetIsTheSame) {
  cache().keep(found(96));
  EXPECT_EQ(cache("net", 1000100).find(), 96);
}

TEST_F(BatchCacheTest, DamagedFilesAreIgnored) {
  const auto file = cache().file();
  for (const auto* text : {"", "{", "[]", "{\"micro\": 96}", "null"}) {
    write_file_atomically(file, text);
    EXPECT_EQ(cache().find(), std::nullopt) << text;
  }
  cache().keep(found(96));
  auto json = read_json(file);
  json["micro"] = -1;
  write_json(file, json);
  EXPECT_EQ(cache().find(), std::nullopt);
}

TEST_F(BatchCacheTest, FolderThatCannotBeWrittenStopsNothing) {
  folder_.write("cache", "a file in the way");
  cache().keep(found(96));
  EXPECT_EQ(cache().find(), std::nullopt);
}

TEST_F(BatchCacheTest, AFolderThatCannotBeReadIsNoError) {
  const auto loop = folder_.path() / "loop";
  std::filesystem::create_symlink(loop, loop);
  const BatchCache cache(loop / "batch", {{"model", "a"}}, 1000);
  EXPECT_FALSE(cache.find());
  cache.keep({});
}

}  // namespace
}  // namespace assay::device
