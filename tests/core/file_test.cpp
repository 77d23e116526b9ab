#include "core/file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/json.h"
#include "core/sha256.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

std::size_t num_entries(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(WriteFileAtomicallyTest, MakesParentsAndReplaces) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "a" / "b.txt";
  write_file_atomically(path, "old");
  write_file_atomically(path, "new");
  EXPECT_EQ(read_file(path), "new");
  EXPECT_EQ(num_entries(path.parent_path()), 1U);
}

TEST(WriteFileAtomicallyTest, KeepsTheOldFileWhenWritingFails) {
  const TemporaryFolder folder;
  const auto path = folder.write("model.pt", "old");
  const auto half_write = [](const fs::path& temporary) {
    std::ofstream(temporary) << "half";
    throw Error(ErrorKind::kData, "cut off");
  };
  EXPECT_ERROR(write_file_atomically(path, half_write), kData, "cut off");
  EXPECT_EQ(read_file(path), "old");
  EXPECT_EQ(num_entries(folder.path()), 1U);
}

TEST(WriteFileAtomicallyTest, FullDiskIsAClearErrorAndLeavesNothing) {
  if (::access("/dev/full", W_OK) != 0) GTEST_SKIP() << "this machine has no /dev/full to stand for a full disk";
  const TemporaryFolder folder;
  const auto path = folder.path() / "record.json";
  // Replaces the temporary file beside `path` by a link to the device that is always full.
  fs::create_symlink("/dev/full", path.string() + ".partial-" + std::to_string(::getpid()));
  EXPECT_ERROR(write_file_atomically(path, "text"), kData, "No space left on device");
  EXPECT_EQ(num_entries(folder.path()), 0U);
}

TEST(WriteFileAtomicallyTest, NamesAParentThatIsAFile) {
  const TemporaryFolder folder;
  folder.write("file", "");
  EXPECT_ERROR(write_file_atomically(folder.path() / "file" / "x", "text"), kData, "cannot make folder");
  EXPECT_ERROR(make_writable_folder(folder.path() / "file"), kData, "file");
}

TEST(ReadFileTest, NamesWhatIsMissing) {
  EXPECT_ERROR(read_file("/nonexistent/x"), kData, "cannot read /nonexistent/x: No such file or directory");
  EXPECT_ERROR(read_file("/"), kData, "Is a directory");
}

TEST(ReadFileTest, NamesWhatOpensButCannotBeRead) {
  EXPECT_ERROR(read_file("/proc/self/mem"), kData, "cannot read /proc/self/mem");  // EIO
}

TEST(Sha256Test, MatchesFips180) {
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const TemporaryFolder folder;
  EXPECT_EQ(sha256_of_file(folder.write("x", "abc")), sha256("abc"));
  EXPECT_ERROR(sha256_of_file(folder.path() / "absent"), kData, "absent");
}

TEST(JsonTest, NamesTheByteOfAMistake) {
  EXPECT_ERROR(parse_json("{\"a\": ]", "record.json"), kData, "record.json:byte 7");
}

TEST(JsonTest, ReadsBackWhatItWroteInOrder) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "x.json";
  write_json(path, Json{{"z", 1}, {"a", "\xff"}});
  EXPECT_EQ(read_json(path).begin().key(), "z");
}

}  // namespace
}  // namespace assay
