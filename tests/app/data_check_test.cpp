#include "app/data_check.h"

#include <stdlib.h>
#include <torch/torch.h>

#include "data/data_section.h"
#include "data/photo.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::app {
namespace {

namespace fs = std::filesystem;

class DataCheckTest : public ::testing::Test {
 protected:
  DataCheckTest() {
    ::setenv("XDG_CACHE_HOME", cache_.path().c_str(), 1);
    data::write_photos(images_);
  }
  ~DataCheckTest() override { ::unsetenv("XDG_CACHE_HOME"); }

  /// Loads and checks the images as a run does. Returns the run's record, whatever happens.
  Json check(const std::string& how) {
    auto& record = record_ = Json::object();
    RunContext context{options_, host_, device_, run_folder_.path(), {}, *run_, settings_, record};
    const auto section = data::data_section("name = \"image_folder\"\nimage_size = 16\nfolder = \"" +
                                            images_.path().string() + "\"\n" + how + "\n[loader]\nnum_workers = 1");
    check_data(context, load_data(context, section));
    return record;
  }

  void add_leak() { fs::copy_file(images_.path() / "train/ant/0.jpg", images_.path() / "test/ant/copy.jpg"); }

  Json kept_file() const { return read_json(run_folder_.path() / "data_health.json"); }

  TemporaryFolder cache_, images_, run_folder_;
  CommonOptions options_;
  device::Host host_;
  device::ChosenDevice device_;
  std::unique_ptr<track::Run> run_ =
      track::make_tracker({config::parse_toml("name = \"off\"", "track.toml"), "track", {"track.toml", 1, 1}})
          ->start({"experiment", "run", {}, run_folder_.path()});
  std::vector<std::pair<std::string, std::string>> settings_;
  Json record_;
};

TEST_F(DataCheckTest, WarnsAndGoesOnByDefault) {
  add_leak();
  const auto record = check("");
  EXPECT_EQ(record["data"]["health"]["num_leaks"], 1);
  EXPECT_EQ(kept_file()["num_leaks"], 1);
  EXPECT_EQ(kept_file()["configured"]["mean"].size(), 3U);
}

TEST_F(DataCheckTest, StopsAtALeakWhenAskedTo) {
  EXPECT_NO_THROW(check("check = \"stop\""));
  add_leak();
  EXPECT_ERROR(check("check = \"stop\""), kData, "the data check found 1 leak");
  EXPECT_EQ(record_["data"]["health"]["num_leaks"], 1) << "the record tells why";
  EXPECT_TRUE(fs::exists(run_folder_.path() / "data_health.json"));
}

TEST_F(DataCheckTest, StopsAtAFileThatCannotBeRead) {
  images_.write("train/ant/cut.jpg", data::cut_jpeg(9));
  EXPECT_NO_THROW(check("check = \"warn\""));
  EXPECT_ERROR(check("check = \"stop\""), kData, "1 unreadable file");
}

TEST_F(DataCheckTest, CanBeTurnedOff) {
  add_leak();
  EXPECT_FALSE(check("check = \"off\"").contains("data"));
  EXPECT_FALSE(fs::exists(run_folder_.path() / "data_health.json"));
}

TEST_F(DataCheckTest, AloneKeepsNoFileAndCannotBeTurnedOff) {
  add_leak();
  auto& record = record_ = Json::object();
  RunContext context{options_, host_, device_, {}, {}, *run_, settings_, record};
  const auto check_alone = [&](const std::string& how) {
    const auto section = data::data_section("name = \"image_folder\"\nimage_size = 16\nfolder = \"" +
                                            images_.path().string() + "\"\n" + how + "\n[loader]\nnum_workers = 1");
    check_data_alone(context, load_data(context, section));
  };
  EXPECT_NO_THROW(check_alone("check = \"off\""));
  EXPECT_EQ(record["data"]["health"]["num_leaks"], 1);
  EXPECT_ERROR(check_alone("check = \"stop\""), kData, "the data check found 1 leak");
  EXPECT_FALSE(fs::exists("data_health.json"));
}

TEST_F(DataCheckTest, IsNotRepeatedForTheSameImages) {
  check("");
  fs::path file;
  for (const auto& entry : fs::directory_iterator(cache_.path() / "assay/health")) file = entry.path();
  auto kept = read_json(file);
  kept["health"]["num_images"] = 777;  // so that it shows where the answer comes from
  write_json(file, kept);
  EXPECT_EQ(check("")["data"]["health"]["num_images"], 777);
  EXPECT_EQ(check("near_duplicates = 3")["data"]["health"]["num_images"], 8) << "another question";
  add_leak();
  EXPECT_EQ(check("")["data"]["health"]["num_images"], 9) << "other images";
}

TEST_F(DataCheckTest, IsRepeatedAsLongAsAFileCannotBeRead) {
  images_.write("train/ant/cut.jpg", data::cut_jpeg(9));
  check("");
  EXPECT_FALSE(fs::exists(cache_.path() / "assay/health"));
}

}  // namespace
}  // namespace assay::app
