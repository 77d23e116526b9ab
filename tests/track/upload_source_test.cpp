#include "track/upload_source.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "temporary_folder.h"

namespace assay::track {
namespace {

std::string read_on(UploadSource& source, std::size_t most) {
  std::string text(most, '\0');
  text.resize(source.read(text.data(), text.size()));
  return text;
}

TEST(UploadSourceTest, ReadsAPartAndNoMore) {
  const TemporaryFolder folder;
  UploadSource source(folder.write("file", "0123456789"), FilePart{3, 4}, nullptr);
  EXPECT_EQ(source.size_bytes(), 4);
  EXPECT_EQ(read_on(source, 3), "345");
  EXPECT_EQ(read_on(source, 100), "6");
  EXPECT_EQ(read_on(source, 100), "");
  EXPECT_TRUE(source.seek(1));
  EXPECT_EQ(read_on(source, 100), "456");
  EXPECT_FALSE(source.seek(5));
  EXPECT_TRUE(source.error().empty());
}

TEST(UploadSourceTest, CountsWhatIsOnItsWay) {
  const TemporaryFolder folder;
  std::atomic<std::int64_t> num_sent = 100;
  UploadSource source(folder.write("file", "0123456789"), std::nullopt, &num_sent);
  EXPECT_EQ(source.size_bytes(), 10);
  read_on(source, 8);
  EXPECT_EQ(num_sent, 108);
  source.seek(2);
  EXPECT_EQ(num_sent, 102);
  read_on(source, 100);
  EXPECT_EQ(num_sent, 110);
  source.take_back();
  EXPECT_EQ(num_sent, 100);
}

TEST(UploadSourceTest, SaysWhyAFileCannotBeRead) {
  const TemporaryFolder folder;
  EXPECT_EQ(UploadSource(folder.path() / "none").error(), "No such file or directory");
  EXPECT_EQ(UploadSource(folder.path() / "none", FilePart{0, 1}, nullptr).error(), "No such file or directory");
}

TEST(UploadSourceTest, SendsRegularFilesOnly) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  for (const auto& path : {pipe, folder.path(), std::filesystem::path("/dev/zero")})
    EXPECT_EQ(UploadSource(path).error(), "it is no regular file") << path;
}

TEST(UploadSourceTest, SendsOnlyWhatLiesInTheRunsFolder) {
  const TemporaryFolder folder;
  folder.write("elsewhere/secret", "secret");
  folder.write("run/model.pt", "weights");
  const auto root = folder.path() / "run";
  std::filesystem::create_symlink("../elsewhere/secret", root / "link");
  std::filesystem::create_symlink("../elsewhere", root / "folder");
  std::filesystem::create_symlink("model.pt", root / "within");
  for (const auto* name : {"link", "folder/secret", "../elsewhere/secret"})
    EXPECT_EQ(UploadSource(LocalFile(root / name, root)).error(), "it lies outside of the run's folder") << name;
  for (const auto* name : {"model.pt", "within"})
    EXPECT_EQ(UploadSource(LocalFile(root / name, root)).read_all(), "weights") << name;
}

}  // namespace
}  // namespace assay::track
