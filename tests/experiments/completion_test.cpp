// Presses the tab key in each shell.

#include "expect_error.h"
#include "report/process.h"

namespace assay {
namespace {

std::string output_of(std::vector<std::string> words) {
  words.insert(words.begin(), {"env", "-C", ASSAY_SOURCE_DIR, "PATH=" ASSAY_BINARY_DIR "/bin:/usr/bin:/bin"});
  const auto result = report::run_process(words, std::chrono::minutes(1));
  EXPECT_EQ(result.code, 0) << result.output;
  return result.output;
}

TEST(CompletionTest, Bash) {
  const std::string script =
      "eval \"$(household_compression --shell-completion bash)\"; COMP_LINE='household_compression train/schedule=co'; "
      "COMP_POINT=${#COMP_LINE}; _household_compression; echo \"${COMPREPLY[@]}\"";
  EXPECT_EQ(output_of({"bash", "-c", script}), "constant cosine\n");
}

TEST(CompletionTest, Zsh) {
  const std::string script = ASSAY_SOURCE_DIR "/tests/experiments/complete.zsh";
  EXPECT_THAT(output_of({"zsh", "-f", script, "household_compression data=c", "data=cifar10"}),
              testing::HasSubstr("data=cifar10"));
}

TEST(CompletionTest, Fish) {
  const std::string script =
      "household_compression --shell-completion fish | source; complete -C 'household_compression track.ur'; "
      "complete -C 'household_compression train.optimizer.nesterov='";
  EXPECT_EQ(output_of({"fish", "--no-config", "-c", script}),
            "track.uri=\ntrain.optimizer.nesterov=false\ntrain.optimizer.nesterov=true\n");
}

}  // namespace
}  // namespace assay
