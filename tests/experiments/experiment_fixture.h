#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/json.h"
#include "report/process.h"
#include "temporary_folder.h"

namespace assay {

namespace fs = std::filesystem;

/// Runs the built experiment as a user would, in a separate folder.
class ExperimentTest : public testing::Test {
 protected:
  std::vector<std::string> command(const std::vector<std::string>& arguments) const {
    std::vector<std::string> words = {ASSAY_BINARY_DIR "/bin/household_compression", "--config-dir",
                                      ASSAY_SOURCE_DIR "/configs"};
    words.push_back("run.dir=" + (folder_.path() / "runs").string());
    words.insert(words.end(), arguments.begin(), arguments.end());
    return words;
  }

  /// Returns the command of a run of a few seconds; what it learns does not matter.
  std::vector<std::string> small_run(std::vector<std::string> arguments) const {
    for (const auto* word :
         {"device.threads=1", "data.num_train=300", "data.num_test=60", "train.epochs=1", "train.batch.global=32",
          "latency.rounds=2", "latency.calls=3", "latency.warmup=2", "compress.static_int8.calibration_images=32"}) {
      arguments.insert(arguments.begin(), word);
    }
    return command(arguments);
  }

  /// Returns the command of a run of about a second, as shell words.
  std::string tiny_run(const std::string& overrides) const {
    std::string text;
    for (const auto& word : command({})) text += word + " ";
    return text +
           "data=shapes model=resnet20 model.blocks_per_stage=1 data.image_size=16 data.num_train=80 data.num_test=20 "
           "train.batch.global=16 train.epochs=1 latency.rounds=1 latency.calls=1 latency.warmup=0 device.threads=1 "
           "compress.static_int8.calibration_images=16 " +
           overrides;
  }

  static report::ProcessResult shell(const std::string& text) {
    return run({"/bin/bash", "-c", "set -o pipefail; " + text});
  }

  Json record() const { return read_json(only_run_folder() / "record.json"); }

  static report::ProcessResult run(const std::vector<std::string>& words) {
    return report::run_process(words, std::chrono::minutes(4));
  }

  void expect_exit(const std::vector<std::string>& arguments, int code, const std::string& text) const {
    const auto result = run(command(arguments));
    EXPECT_EQ(result.code, code) << result.output;
    EXPECT_THAT(result.output, testing::HasSubstr(text));
  }

  fs::path only_run_folder() const {
    const auto experiment = folder_.path() / "runs/household_compression";
    fs::path found;
    for (const auto& entry : fs::directory_iterator(experiment)) found = entry.path();
    return found;
  }

  TemporaryFolder folder_;
};

}  // namespace assay
