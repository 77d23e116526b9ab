#include "app/run_folder.h"

#include "app/options.h"
#include "config/toml.h"
#include "core/file.h"
#include "expect_error.h"
#include "flock_errors.h"
#include "temporary_folder.h"

namespace assay::app {
namespace {

TEST(RunKeyTest, DependsOnWhatChangesTheResult) {
  const std::vector<std::string> outside = {"track", "data.folder"};
  const auto key = [&](const std::string& toml, const std::string& inputs = "inputs") {
    return make_run_key(config::parse_toml(toml, "c.toml"), outside, inputs);
  };
  const auto one = key("epochs = 3\n[data]\nfolder = \"a\"\n[track]\nname = \"off\"");
  EXPECT_EQ(one.size(), 64U);
  EXPECT_EQ(key("epochs = 3\n[data]\nfolder = \"b\"\n[track]\nname = \"mlflow\""), one);
  EXPECT_NE(key("epochs = 4\n[data]\nfolder = \"a\"\n[track]\nname = \"off\""), one);
  EXPECT_NE(key("epochs = 3\n[data]\nfolder = \"a\"\n[track]\nname = \"off\"", "others"), one);
}

TEST(RunOptionsTest, TheExperimentLeadsOutOfNoFolder) {
  const auto read = [](const std::string& experiment) {
    const auto table = config::parse_toml("experiment = '" + experiment + "'", "c.toml");
    return config::read_options<RunOptions>({table, "run", {"c.toml", 1, 1}}).experiment;
  };
  EXPECT_EQ(read("team/flowers 2"), "team/flowers 2");
  for (const auto* experiment : {"../../x", "/abs", "a/../b"}) {
    EXPECT_ERROR(read(experiment), kConfig, "run.experiment");
  }
}

TEST(RunFolderTest, IsHeldByOneProcess) {
  const TemporaryFolder parent;
  {
    const RunFolder folder(parent.path(), "experiment", std::string(64, 'a'));
    EXPECT_EQ(folder.path(), parent.path() / "experiment/aaaaaaaaaaaa");
    EXPECT_ERROR(RunFolder(parent.path(), "experiment", std::string(64, 'a')), kData, "another process is at work");
    EXPECT_NO_THROW(RunFolder(parent.path(), "experiment", std::string(64, 'b')));
  }
  EXPECT_NO_THROW(RunFolder(parent.path(), "experiment", std::string(64, 'a')));
}

TEST(RunFolderTest, ALockThatFailsOtherwiseIsNoOtherProcess) {
  const TemporaryFolder parent;
  flock_errors = {ENOLCK};
  EXPECT_ERROR(RunFolder(parent.path(), "experiment", std::string(64, 'a')), kData,
               "experiment/aaaaaaaaaaaa/.lock: No locks available");
  flock_errors = {EINTR, EINTR};
  EXPECT_NO_THROW(RunFolder(parent.path(), "experiment", std::string(64, 'a')));
  EXPECT_TRUE(flock_errors.empty());
}

TEST(RunFolderTest, IsFinishedWhenItsRecordSaysSo) {
  const TemporaryFolder parent;
  const RunFolder folder(parent.path(), "experiment", std::string(64, 'a'));
  EXPECT_FALSE(folder.is_finished());
  for (const auto& [text, is_finished] : {std::pair(R"({"status": "FINISHED"})", true),
                                          std::pair(R"({"status": "KILLED"})", false), std::pair("{\"stat", false)}) {
    write_file_atomically(folder.path() / "record.json", text);
    EXPECT_EQ(folder.is_finished(), is_finished) << text;
  }
}

}  // namespace
}  // namespace assay::app
