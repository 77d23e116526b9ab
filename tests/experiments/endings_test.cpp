// How a run ends when something in its environment is wrong.

#include <fmt/format.h>

#include "experiments/experiment_fixture.h"
#include "integration/mlflow_server.h"
#include "track/mlflow/mlflow_api.h"

namespace assay {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class EndingsTest : public ExperimentTest {};

TEST_F(EndingsTest, ATerminalThatTakesNothingEndsNoRun) {
  for (const auto* redirection : {"2>/dev/full", "2>&1 | head -n 1", "2>&-", "<&- >&- 2>&-"}) {
    fs::remove_all(folder_.path() / "runs");
    const auto result = shell(tiny_run("track=off techniques=[] ") + redirection);
    EXPECT_EQ(result.code, 0) << redirection << ": " << result.output;
    EXPECT_EQ(record()["status"], "FINISHED") << redirection;
    EXPECT_EQ(fs::file_size(only_run_folder() / ".lock"), 0U) << redirection;
  }
}

TEST_F(EndingsTest, ANetworkOfNaNIsNoResult) {
  const auto* diverging =
      "track=off train/schedule=constant train.optimizer.lr=100 train.optimizer.momentum=1 "
      "train.optimizer.weight_decay=1 train.epochs=4 ";
  const auto stopped = shell(tiny_run(diverging));
  EXPECT_EQ(stopped.code, 2) << stopped.output;
  EXPECT_THAT(stopped.output, HasSubstr("lower train.optimizer.lr"));
  EXPECT_EQ(record()["status"], "FAILED");
  fs::remove_all(folder_.path() / "runs");
  const auto skipped = shell(tiny_run(std::string(diverging) + "train.not_finite=skip"));
  EXPECT_EQ(skipped.code, 2) << skipped.output;
  EXPECT_EQ(record()["status"], "FAILED");
  EXPECT_FALSE(record().contains("variants"));
}

TEST_F(EndingsTest, WhatCanBeKnownIsCheckedBeforeAnythingStarts) {
  const std::vector<std::pair<const char*, const char*>> mistakes = {
      {"data.loader.validation_fraction=0", "leaves 80 images for training and 0 for validation"},
      {"train.batch.global=73", "there are only 70 training images"},
      {"data.augmentations.padded_crop.pixels=16", "padded_crop.pixels = 16: must be less than"},
      {"train.precision=fp16", "would be emulated"},
      {"techniques=[static_int8,static_int8]", "is there twice"},
      {"'+compress.float={name: static_int8}' techniques=[float]", "is there twice"},
      {"techniques=[finetune+pruning]", "compress.pruning"},
      {"techniques=[dynamic_int8] exports=[torchscript,onnx]", "onnx cannot write what dynamic_int8 makes"},
      {"exports=[lite]", "\"torchscript\" is absent"},
      {"exports=[torchscript,tflite]", "one of: torchscript, lite, onnx"},
  };
  for (const auto& [overrides, text] : mistakes) {
    for (const auto* how : {"--dry-run ", "", "-m run.seed=1,2 "}) {
      const auto result = shell(tiny_run(std::string(how) + "track=off " + overrides));
      EXPECT_EQ(result.code, 2) << how << overrides << ": " << result.output;
      EXPECT_THAT(result.output, HasSubstr(text));
      EXPECT_FALSE(fs::exists(folder_.path() / "runs")) << how << overrides;
    }
  }
}

TEST_F(EndingsTest, SmallRestsSuitBatchNorm) {
  for (const auto* overrides : {"data.num_train=400 train.batch.global=9 train.batch.micro=4",
                                "train.batch.global=69 data.loader.keep_partial_batch=true"}) {
    const auto result = shell(tiny_run(std::string("track=off techniques=[] ") + overrides));
    EXPECT_EQ(result.code, 0) << overrides << ": " << result.output;
  }
}

TEST_F(EndingsTest, AProfileThatAFinishedRunLacksIsNotPassedOver) {
  ASSERT_EQ(shell(tiny_run("track=off techniques=[]")).code, 0);
  for (const auto* asked : {"train.profile=true", "train.range_test.steps=12"}) {
    const auto result = shell(tiny_run(std::string("track=off techniques=[] ") + asked));
    EXPECT_EQ(result.code, 2) << result.output;
    EXPECT_THAT(result.output, HasSubstr(std::string("without what ") + asked));
    EXPECT_THAT(result.output, HasSubstr("--force"));
  }
}

TEST_F(EndingsTest, TwoTablesOfOneTechniqueKeepTheirOwnFiles) {
  const auto result =
      shell(tiny_run("track=off '+compress.a={name: static_int8, engine: fbgemm, calibration_images: 16}' "
                     "'+compress.b={name: static_int8, engine: onednn, calibration_images: 16}' techniques=[a,b]"));
  ASSERT_EQ(result.code, 0) << result.output;
  const auto variants = record()["variants"];
  ASSERT_EQ(variants.size(), 3U);
  EXPECT_EQ(variants[1]["name"], "a");
  EXPECT_EQ(variants[1]["settings"]["engine"], "fbgemm");
  EXPECT_EQ(variants[1]["settings"]["technique"], "static_int8");
  EXPECT_EQ(variants[2]["file"], "models/b.pt");
  EXPECT_EQ(variants[2]["settings"]["engine"], "onednn");
  EXPECT_NE(variants[1]["sha256"], variants[2]["sha256"]);
}

TEST_F(EndingsTest, OtherFormatsLieBesideTheMeasuredFile) {
  const auto result = shell(tiny_run("track=off techniques=[static_int8] exports=[torchscript,lite,onnx]"));
  ASSERT_EQ(result.code, 0) << result.output;
  for (const auto& variant : record()["variants"]) {
    const auto name = "models/" + variant["name"].get<std::string>();
    EXPECT_EQ(variant["file"], name + ".pt");
    ASSERT_EQ(variant["other_files"].size(), 2U);
    EXPECT_EQ(variant["other_files"][0]["file"], name + ".ptl");
    EXPECT_EQ(variant["other_files"][1]["exporter"], "onnx");
    EXPECT_EQ(variant["other_files"][1]["file"], name + ".onnx");
    EXPECT_EQ(variant["other_files"][1]["size_bytes"], fs::file_size(only_run_folder() / (name + ".onnx")));
  }
}

TEST_F(EndingsTest, StepsChain) {
  const auto result =
      shell(tiny_run("track=off techniques=[static_int8,finetune+static_int8] compress.finetune.epochs=1"));
  ASSERT_EQ(result.code, 0) << result.output;
  const auto variants = record()["variants"];
  ASSERT_EQ(variants.size(), 3U);
  EXPECT_EQ(variants[2]["name"], "finetune-static_int8");
  EXPECT_EQ(variants[2]["file"], "models/finetune-static_int8.pt");
  EXPECT_EQ(variants[2]["settings"]["technique"], "finetune+static_int8");
  EXPECT_NE(variants[2]["sha256"], variants[1]["sha256"]);
  EXPECT_EQ(record()["stages"]["finetune-static_int8.1"]["history"].size(), 1U);
  EXPECT_EQ(record()["training"]["history"].size(), 1U);
}

TEST_F(EndingsTest, AStepThatNeedsAFloatNetworkRefusesAQuantizedOne) {
  const auto result = shell(tiny_run("track=off techniques=[static_int8+finetune]"));
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("finetune"));
}

// Killed during a step's own training, the run resumes there with the same bits.
TEST_F(EndingsTest, AKilledRunResumesInTheStageWhereItWas) {
  const auto command = tiny_run(
      "track=off techniques=[finetune+static_int8] compress.finetune.epochs=60 data.num_train=300 "
      "train.checkpoint.every_steps=1 ");
  const auto killed = shell(
      command + "& run=$!; until ls " + folder_.path().string() +
      "/runs/*/*/stages/*/checkpoints/step-*.ckpt >/dev/null 2>&1; do sleep 0.02; done; kill -KILL $run; wait $run");
  ASSERT_EQ(record()["status"], "RUNNING") << killed.output;
  const auto resumed = shell(command);
  ASSERT_EQ(resumed.code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("resumed"));
  const auto interrupted = record();
  ASSERT_EQ(shell(command + "--force").code, 0);
  const auto whole = record();
  EXPECT_EQ(interrupted["variants"][1]["sha256"], whole["variants"][1]["sha256"]);
  EXPECT_EQ(interrupted["variants"][0]["sha256"], whole["variants"][0]["sha256"]);
  EXPECT_GT(whole["stages"]["finetune-static_int8.1"]["history"].size(), 5U);
}

TEST_F(EndingsTest, TheWorstRunDecidesTheExitCodeOfASweep) {
  // The first diverges (2), the second finishes without a server (4).
  const auto result =
      shell(tiny_run("-m techniques=[] train/schedule=constant train.optimizer.lr=100,0.001 "
                     "train.optimizer.momentum=1 train.optimizer.weight_decay=1 train.epochs=4 "
                     "track.uri=http://127.0.0.1:9 track.flush_timeout_s=1"));
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("tracking incomplete"));
}

TEST_F(EndingsTest, TheRecordSaysWhatWentWrongBeforeTheExperimentBegan) {
  const auto planned = shell(tiny_run("track=off --dry-run"));
  ASSERT_EQ(planned.code, 0) << planned.output;
  const auto begin = planned.output.find(folder_.path().string());
  ASSERT_NE(begin, std::string::npos) << planned.output;
  const fs::path folder = planned.output.substr(begin, planned.output.find('\n', begin) - begin);
  fs::create_directories(folder / "config.toml/in_the_way");
  const auto result = shell(tiny_run("track=off"));
  EXPECT_EQ(result.code, 3) << result.output;
  EXPECT_EQ(record()["status"], "FAILED");
  EXPECT_THAT(record()["error"].get<std::string>(), HasSubstr("config.toml"));
}

TEST_F(EndingsTest, AResumedRunKeepsItsBatchWhateverMemoryThereIsNow) {
  const std::string overrides = "track=off techniques=[] data.image_size=32 data.num_train=600 train.epochs=4 ";
  const auto automatic = tiny_run(overrides + "train.batch.global=auto train.batch.cache=false ");
  const auto stopped =
      shell("(ulimit -v 1000000; exec " + automatic + ") & run=$!; until ls " + folder_.path().string() +
            "/runs/*/*/checkpoints/step-*.ckpt >/dev/null 2>&1; do sleep 0.05; done; kill -TERM $run; wait $run");
  ASSERT_EQ(record()["status"], "KILLED") << stopped.output;
  const auto global = record()["batch"]["global"].get<int>();
  ASSERT_LT(global, 512) << "without the limit 512 of the 540 images are taken";
  const auto resumed = shell(automatic);
  ASSERT_EQ(resumed.code, 0) << resumed.output;
  EXPECT_THAT(resumed.output, HasSubstr("as this training began"));
  EXPECT_EQ(record()["batch"]["global"], global);
  const auto weights = read_file(only_run_folder() / "checkpoints/final.pt");
  fs::remove_all(folder_.path() / "runs");
  const auto pinned = fmt::format("train.batch.global={0} train.batch.micro={0} train.batch.lr_scaling=linear", global);
  ASSERT_EQ(shell(tiny_run(overrides + pinned)).code, 0);
  EXPECT_EQ(read_file(only_run_folder() / "checkpoints/final.pt"), weights);
}

// What differs by nature, such as the memory of the moment, must be no param, which the server would refuse to change.
TEST_F(EndingsTest, TheSameCommandGoesOnUnderTheIdOfTheRunThatWasStopped) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto command = tiny_run(
      "run.experiment=stopped techniques=[] data.num_train=600 train.epochs=10 track.uri=" + server->url() + " ");
  const auto found = folder_.path() / "runs/stopped";
  const auto stopped = shell("(exec " + command + ") & run=$!; until ls " + found.string() +
                             "/*/checkpoints/step-*.ckpt >/dev/null 2>&1; do sleep 0.02; done; kill -TERM $run; "
                             "wait $run");
  ASSERT_EQ(stopped.code, 143) << stopped.output;
  const auto record_of_run = [&] { return read_json(fs::directory_iterator(found)->path() / "record.json"); };
  ASSERT_EQ(record_of_run()["status"], "KILLED");
  const auto id = record_of_run()["tracking"]["run_id"].get<std::string>();
  const auto resumed = shell("MLFLOW_RUN_ID=" + id + " " + command);
  EXPECT_EQ(resumed.code, 0) << resumed.output;
  EXPECT_EQ(record_of_run()["tracking"]["run_id"], id);
  EXPECT_EQ(record_of_run()["tracking"]["verified"], true);
  track::TrackingServer address;
  address.url = server->url();
  track::MlflowApi api(address, {});
  const auto run = api.get_run(id);
  ASSERT_TRUE(static_cast<bool>(run));
  EXPECT_EQ(run->status, "FINISHED");
  EXPECT_EQ(api.metric_history(id, "val/accuracy")->size(), 10U);
}

TEST_F(EndingsTest, ALimitOnTheSizeOfFilesIsAnErrorAndNoSignal) {
  const auto result = shell("(ulimit -f 64; exec " + tiny_run("track=off techniques=[]") + ")");  // of 1,024 bytes
  EXPECT_EQ(result.code, 3) << result.output;
  EXPECT_THAT(result.output, HasSubstr("cannot save the checkpoint"));
  EXPECT_THAT(result.output, HasSubstr("File too large"));
  EXPECT_EQ(record()["status"], "FAILED");
}

TEST_F(EndingsTest, ABatchFoundForOtherOptionsOfTheModelIsNotTaken) {
  const auto cache = folder_.path() / "cache";
  for (const auto* stride : {"1", "2"}) {
    const auto result = shell("XDG_CACHE_HOME=" + cache.string() + " " +
                              tiny_run("track=off techniques=[] '~model.blocks_per_stage' model=mobilenet_v3_small "
                                       "data.image_size=32 model.stem_stride=" +
                                       std::string(stride)));
    ASSERT_EQ(result.code, 0) << result.output;
  }
  const fs::directory_iterator files(cache / "assay/batch");
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(EndingsTest, AClockThatJumpsGivesNoNegativeDuration) {
  const auto result = shell("LD_PRELOAD=" ASSAY_JUMPING_CLOCK " " + tiny_run("track=off techniques=[]"));
  ASSERT_EQ(result.code, 0) << result.output;
  EXPECT_GE(record()["duration_s"], 0.0);
  EXPECT_LT(record()["duration_s"], 1000.0);
}

TEST_F(EndingsTest, AnAddressSpaceTooSmallForLibTorchIsSaidBeforeItIsLoaded) {
  const auto result = shell("ulimit -v 600000; " + tiny_run("track=off"));
  EXPECT_EQ(result.code, 2) << result.output;
  EXPECT_THAT(result.output, HasSubstr("LibTorch alone needs 900 MB"));
}

// docs/device.md reports two hundred of them.
TEST_F(EndingsTest, RealMemoryLimitsKillNoRunAndAreUsed) {
  const auto script =
      fmt::format("{0}/tests/bench/memory_limits.py {1}/bin/household_compression --config-dir {0}/configs",
                  ASSAY_SOURCE_DIR, ASSAY_BINARY_DIR);
  for (const int number : {2, 4}) {  // small networks under 258 and 272 MB
    const auto result = shell(fmt::format("/usr/bin/python3 {} --runs 1 --first {}", script, number));
    if (result.code == 77) GTEST_SKIP() << result.output;
    EXPECT_EQ(result.code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("| exit 0 | 1 |"));
    EXPECT_THAT(result.output, HasSubstr("| 1 of 1 |"));
  }
}

TEST_F(EndingsTest, WhatFitsNoMemoryIsExitCodeTwo) {
  const auto run_within = [&](const std::string& budget, const std::string& how = "") {
    return shell(tiny_run("track=off techniques=[] data.image_size=256 device.memory_budget='" + budget + "' " + how));
  };
  for (const auto* how : {"", "--dry-run", "-m run.seed=1,2"}) {
    const auto training = run_within("45 MB", how);
    EXPECT_EQ(training.code, 2) << training.output;
    EXPECT_THAT(training.output, ContainsRegex("hint: images of [0-9]+ x [0-9]+ pixels would fit; free memory"));
    EXPECT_FALSE(fs::exists(folder_.path() / "runs")) << "known before anything starts";
  }
  const auto images = run_within("250 MB", "data.num_train=2000");  // 391 MB
  EXPECT_EQ(images.code, 2) << images.output;
  EXPECT_THAT(images.output, HasSubstr("raise device.memory_budget"));
  EXPECT_EQ(run_within("45 MB", "--summary").code, 0) << "needs no training";
}

}  // namespace
}  // namespace assay
