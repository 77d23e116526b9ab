// Runs the built experiment as a user would: its exit codes, its output files, and how it ends.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "data/image_tree.h"
#include "experiments/experiment_fixture.h"
#include "integration/mlflow_server.h"
#include "track/mlflow/mlflow_api.h"

namespace assay {
namespace {

class HouseholdCompressionTest : public ExperimentTest {};

TEST_F(HouseholdCompressionTest, ShowsItsConfigurationWithoutRunning) {
  expect_exit({"--cfg", "job", "train.epochs=3"}, 0, "epochs = 3  # override 2: `train.epochs=3`");
  expect_exit({"--cfg", "resolved", "run.name=on ${assay.cores:} cores"}, 0, " cores\"");
  expect_exit({"--info", "defaults", "experiment=demo"}, 0, "experiment/demo");
  expect_exit({"--info", "searchpath"}, 0, "/configs\n");
  expect_exit({"--info", "sweep", "run.seed=range(3)"}, 0, "   2 ");
  expect_exit({"--explain", "train.epochs", "experiment=demo"}, 0, "instead of 15  # ");
  expect_exit({"--explain", "train.clip_norm"}, 0, "train.clip_norm = 0.0  # default\n");
  expect_exit({"--explain", "compress.static_int8.cross_check"}, 2, "there is no key");
  expect_exit({"--cfg", "job"}, 0, "clip_norm = 0.0  # default");
  expect_exit({"--explain", "train.epoch"}, 2, "did you mean `train.epochs`?");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs"));
}

TEST_F(HouseholdCompressionTest, CompletesWords) {
  expect_exit({"--complete", "data=c"}, 0, "data=cifar10\n");
  expect_exit({"--complete", "train.ep"}, 0, "train.epochs=\n");
  expect_exit({"--complete", "model.stem"}, 0, "model.stem_stride=\n");
  expect_exit({"--complete", "compress.static_int8.range="}, 0, "compress.static_int8.range=percentile\n");
}

TEST_F(HouseholdCompressionTest, SaysWhatWouldRun) {
  expect_exit({"--dry-run"}, 0, "would run shapes-mobilenet_v3_small-s1");
  expect_exit({"-m", "--dry-run", "run.seed=range(2)"}, 0, "run 2 of 2: ");
  expect_exit({"-m", "--dry-run", "run.seed=1,x,2"}, 2,
              "1 of the 3 runs cannot start, so none is started\nrun 2 of 3: ");
  expect_exit({"run.seed=1,2"}, 2, "--multirun runs each of them");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs"));
}

TEST_F(HouseholdCompressionTest, ChecksTheDataAlone) {
  for (const auto* split : {"images/train/", "images/val/", "images/test/"}) data::write_images(folder_, split, 2);
  const auto check = [&](const std::string& how, int code, const std::string& text) {
    expect_exit({"--data-check", "data=image_folder", "data.folder=" + (folder_.path() / "images").string(),
                 "data.image_size=32", "data.check=" + how, "model=resnet20", "train.batch.global=2", "techniques=[]"},
                code, text);
  };
  check("warn", 0, "4 leaks");
  check("off", 0, "data check: ");
  check("stop", 3, "the data check found 4 leaks");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs"));
}

TEST_F(HouseholdCompressionTest, ShowsTheNetworkWithoutRunning) {
  expect_exit({"--summary", "model=resnet20", "data=shapes"}, 0, "\nlayer3.2.bn2 ");
  expect_exit({"--summary", "model=resnet32", "data=shapes"}, 0, "\nlayer3.4.bn2 ");
  expect_exit({"--summary", "model.stem_stride=7"}, 2, "model.stem_stride");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs"));
}

TEST_F(HouseholdCompressionTest, AnswersHelpAndVersion) {
  expect_exit({"--help"}, 0, "train.label_smoothing");
  expect_exit({"--help"}, 0, "data = cifar10, cifar100, household, image_folder, image_list, shapes");
  expect_exit({"--help"}, 0, "with train.optimizer.name = sgd:\n    train.optimizer.lr = 0.1 ");
  expect_exit({"--version"}, 0, "household_compression ");
}

TEST_F(HouseholdCompressionTest, TellsAllConfigurationMistakesAtOnce) {
  expect_exit({"train.epoch=3", "train.patience=0"}, 2, "unknown key train.epoch (override");
  expect_exit({"train.epoch=3", "train.patience=0"}, 2, "train.patience = 0: must be at least 1");
  expect_exit({"train.optimizer.lr=-1", "model.stem_stride=7"}, 2, "2 mistakes in the configuration");
  expect_exit({"train.optimizer.lr=-1"}, 2, "hint: it replaced 0.1, set at " ASSAY_SOURCE_DIR "/configs/train/");
  expect_exit({"data=cifar"}, 2, "did you mean `cifar10`?");
  expect_exit({"--nonsense"}, 2, "nonsense");
  EXPECT_FALSE(fs::exists(folder_.path() / "runs")) << "nothing may start before everything is checked";
}

TEST_F(HouseholdCompressionTest, MissingDataIsExitCodeThree) {
  expect_exit({"data=cifar10", "data.folder=/nonexistent"}, 3, "/nonexistent");
}

TEST_F(HouseholdCompressionTest, UnwritableRunFolderIsExitCodeThree) {
  folder_.write("runs", "a file where the folder should be");
  expect_exit({"track=off"}, 3, "cannot make folder");
}

TEST_F(HouseholdCompressionTest, MeasuresAGivenNetworkWithoutTrainingIt) {
  const auto accuracy = [this] { return record()["variants"][0]["accuracy"]; };
  const auto trained = run(small_run({"track=off", "techniques=[]"}));
  ASSERT_EQ(trained.code, 0) << trained.output;
  const auto expected = accuracy();
  const auto weights = folder_.path() / "weights.safetensors";
  fs::copy_file(only_run_folder() / "models/float.safetensors", weights);
  fs::remove_all(folder_.path() / "runs");
  const auto given =
      run(small_run({"track=off", "techniques=[]", "train.epochs=0", "model.weights=" + weights.string()}));
  ASSERT_EQ(given.code, 0) << given.output;
  EXPECT_EQ(accuracy(), expected);
  EXPECT_TRUE(record()["training"]["history"].empty());
  expect_exit({"train.epochs=0", "track=off"}, 2, "train.epochs = 0 leaves random weights");
}

TEST_F(HouseholdCompressionTest, RunsToTheEndAndIsNotRepeated) {
  const auto result = run(small_run({"track=off", "train.batch.lr_scaling=linear", "device.tiers.cpu.image_size=24"}));
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("32 x 32 pixels, prepared by 1 thread\n"));
  EXPECT_THAT(result.output, testing::HasSubstr("0.025: 0.1 times 0.25, as the batch of 32 asks"));
  EXPECT_THAT(result.output, testing::HasSubstr("images of 32 pixels are larger than the 24"));
  const auto record = read_json(only_run_folder() / "record.json");
  EXPECT_EQ(record["status"], "FINISHED");
  EXPECT_EQ(record["variants"].size(), 3U);
  EXPECT_EQ(record["variants"][2]["name"], "static_int8");
  EXPECT_LT(record["variants"][2]["size_bytes"], record["variants"][0]["size_bytes"]);
  EXPECT_EQ(record["training"]["history"].size(), 1U);
  EXPECT_EQ(record["batch"]["learning_rate"], 0.025);
  EXPECT_GT(record["batch"]["estimated_s"], 0.0);
  for (const auto& variant : record["variants"])
    EXPECT_TRUE(fs::exists(only_run_folder() / variant["file"].get<std::string>()));
  EXPECT_THAT(read_file(only_run_folder() / "config.toml"), testing::HasSubstr("epochs = 1  # override"));
  EXPECT_THAT(read_file(only_run_folder() / "config.toml"), testing::HasSubstr("clip_norm = 0.0  # default"));
  EXPECT_THAT(read_file(only_run_folder() / "model_summary.txt"), testing::HasSubstr("\ntotal "));
  EXPECT_THAT(read_file(only_run_folder() / "run.log"),
              testing::AllOf(testing::HasSubstr("epoch   1/1  loss"), testing::HasSubstr("record: "),
                             testing::Not(testing::HasSubstr("\x1b"))));
  for (const auto& file : fs::recursive_directory_iterator(only_run_folder())) {
    EXPECT_THAT(file.path().string(), testing::Not(testing::HasSubstr("partial")));
  }
  const auto again = run(small_run({"track=off", "train.batch.lr_scaling=linear", "device.tiers.cpu.image_size=24"}));
  EXPECT_EQ(again.code, 0);
  EXPECT_THAT(again.output, testing::HasSubstr("already done"));
}

TEST_F(HouseholdCompressionTest, EqualSeedsGiveEqualFiles) {
  ASSERT_EQ(run(small_run({"track=off"})).code, 0);
  const auto folder = only_run_folder();
  const auto first = read_json(folder / "record.json");
  const auto weights = read_file(folder / "checkpoints/final.pt");
  ASSERT_EQ(run(small_run({"track=off", "--force"})).code, 0);
  const auto second = read_json(folder / "record.json");
  EXPECT_EQ(read_file(folder / "checkpoints/final.pt"), weights);
  ASSERT_EQ(first["variants"].size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(first["variants"][i]["sha256"], second["variants"][i]["sha256"]);
}

TEST_F(HouseholdCompressionTest, ARangeTestIsRecordedAndChangesNothing) {
  auto result = run(small_run({"track=off", "train.range_test.steps=12"}));
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("range test: "));
  const auto folder = only_run_folder();
  const auto with = read_json(folder / "record.json");
  EXPECT_EQ(with["training"]["range_test"], read_json(folder / "range_test.json"));
  ASSERT_EQ(run(small_run({"track=off", "--force"})).code, 0);
  const auto without = read_json(folder / "record.json");
  EXPECT_EQ(with["variants"][0]["sha256"], without["variants"][0]["sha256"]);
  EXPECT_FALSE(without["training"].contains("range_test"));
  write_json(folder / "range_test.json", {{"ended", "earlier"}, {"suggested_lr", nullptr}, {"points", Json::array()}});
  write_file_atomically(folder / "checkpoints/step-000000001.ckpt", "of a training that goes on");
  ASSERT_EQ(run(small_run({"track=off", "--force", "train.range_test.steps=12"})).code, 0);
  EXPECT_EQ(read_json(folder / "record.json")["training"]["range_test"]["ended"], "earlier") << "it was repeated";
  result = run(small_run({"train.range_test.lowest=20"}));
  EXPECT_EQ(result.code, 2) << "before anything starts";
}

TEST_F(HouseholdCompressionTest, AnAbsentServerLeavesTheRunCompleteWithExitCodeFour) {
  const auto result =
      run(small_run({"track.uri=http://127.0.0.1:" + std::to_string(track::free_port()), "track.flush_timeout_s=1"}));
  EXPECT_EQ(result.code, 4) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("tracking incomplete"));
  const auto record = read_json(only_run_folder() / "record.json");
  EXPECT_EQ(record["status"], "FINISHED");
  EXPECT_EQ(record["tracking"]["complete"], false);
}

TEST_F(HouseholdCompressionTest, ASignalEndsTheRunAsKilled) {
  // A closed terminal, a batch system's warning, and the usual one.
  for (const int signal : {SIGHUP, SIGUSR1, SIGTERM}) {
    fs::remove_all(folder_.path() / "runs");
    const auto words = small_run({"track=off", "train.epochs=200", "train.patience=200"});
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const auto pid = ::fork();
    if (pid == 0) {
      ::execv(arguments[0], arguments.data());
      ::_exit(127);
    }
    const auto checkpoint_appears = [this] {
      const auto experiment = folder_.path() / "runs/household_compression";
      return fs::exists(experiment) && fs::exists(only_run_folder() / "checkpoints/best.pt");
    };
    for (int i = 0; i < 1200 && !checkpoint_appears(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ::kill(pid, signal);
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 128 + signal);
    EXPECT_THAT(read_file(only_run_folder() / "run.log"),
                testing::HasSubstr("what is done is saved, and the same command goes on from there"));
    EXPECT_EQ(read_json(only_run_folder() / "record.json")["status"], "KILLED");
  }
}

TEST_F(HouseholdCompressionTest, TracksAParentAndAChildForEachVariant) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto result = run(small_run({"track.uri=" + server->url(), "run.experiment=tree"}));
  ASSERT_EQ(result.code, 0) << result.output;
  track::TrackingServer address;
  address.url = server->url();
  track::MlflowApi api(address, {});
  const auto experiment = api.find_experiment("tree");
  ASSERT_TRUE(static_cast<bool>(experiment) && experiment->has_value());
  const auto runs = api.search_runs((*experiment)->id);
  ASSERT_TRUE(static_cast<bool>(runs));
  EXPECT_EQ(runs->size(), 4U);
  std::string parent_id;
  for (const auto& one : *runs) {
    EXPECT_EQ(one.status, "FINISHED");
    if (one.tag("mlflow.parentRunId").empty()) parent_id = one.id;
  }
  for (const auto& one : *runs) {
    if (one.id == parent_id) continue;
    EXPECT_EQ(one.tag("mlflow.parentRunId"), parent_id);
  }
}

}  // namespace
}  // namespace assay
