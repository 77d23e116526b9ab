#include "report/sources.h"

#include "expect_error.h"
#include "report/sample_record.h"
#include "temporary_folder.h"

namespace assay::report {
namespace {

using ::testing::HasSubstr;

TEST(SourcesTest, FindsRecordsInFoldersOnce) {
  const TemporaryFolder folder;
  const auto file = folder.write("e/abc/record.json", sample_json().dump());
  folder.write("e/abc/record.json.partial-7", "{");
  EXPECT_EQ(load_records({folder.path(), file, folder.path() / "e"}).records.size(), 1U);
}

TEST(SourcesTest, LeavesOutBadRecordsAndKeepsTheOthers) {
  const TemporaryFolder folder;
  folder.write("e/a/record.json", sample_json().dump());
  const auto whole = sample_json().dump();
  folder.write("e/b/record.json", whole.substr(0, whole.size() / 2));
  folder.write("e/c/record.json", std::string("\x00\xff\xfe garbage", 11));
  folder.write("e/d/record.json", "");
  folder.write("e/f/record.json", "{\"format\": 1, \"experiment\": NaN}");
  folder.write("e/g/record.json", "{\"format\": 1e999}");
  const auto loaded = load_records({folder.path()});
  EXPECT_EQ(loaded.records.size(), 1U);
  ASSERT_EQ(loaded.unreadable.size(), 5U);
  EXPECT_THAT(loaded.unreadable[0].origin, HasSubstr("e/b/record.json"));
  EXPECT_THAT(loaded.unreadable[0].reason, HasSubstr("not valid JSON"));
}

TEST(SourcesTest, SaysWhatToDoWhenThereIsNoRecord) {
  const TemporaryFolder folder;
  EXPECT_ERROR(load_records({folder.path()}), kConfig, "make demo");
  EXPECT_ERROR(load_records({folder.path() / "absent"}), kConfig, "there is no");
}

}  // namespace
}  // namespace assay::report
