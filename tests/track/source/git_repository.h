#pragma once

#include <gtest/gtest.h>
#include <stdio.h>

#include <string>

#include "temporary_folder.h"

namespace assay::track {

/// Runs a shell command in a folder and returns what it prints; its failure is the test's.
inline std::string run_in(const std::filesystem::path& folder, const std::string& command) {
  const auto line = "cd '" + folder.string() +
                    "' && export HOME=/nowhere GIT_CONFIG_NOSYSTEM=1 GIT_ALLOW_PROTOCOL=file " +
                    "GIT_AUTHOR_NAME=A GIT_AUTHOR_EMAIL=a@b.c GIT_COMMITTER_NAME=A GIT_COMMITTER_EMAIL=a@b.c && { " +
                    command + "; } 2>&1";
  FILE* pipe = ::popen(line.c_str(), "r");
  if (pipe == nullptr) return "";
  std::string output;
  char buffer[4096];
  while (const auto count = ::fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, count);
  EXPECT_EQ(::pclose(pipe), 0) << command << "\n" << output;
  return output;
}

/// Is a repository with one commit, made by the `git` command.
class GitRepository {
 public:
  GitRepository() {
    folder_.write("repo/train.py", "import torch\n\nepochs = 3\nprint(epochs)\n");
    folder_.write("repo/src/model.cpp", "int main() {}\n");
    folder_.write("repo/.gitignore", "/runs/\n");
    git("init -q -b main");
    commit();
  }

  std::filesystem::path path() const { return folder_.path() / "repo"; }
  std::filesystem::path neighbour(const std::string& name) const { return folder_.path() / name; }
  std::string run(const std::string& command) const { return run_in(path(), command); }
  std::string git(const std::string& arguments) const { return run("git " + arguments); }
  void commit() const { run("git add -A && git commit -q -m message"); }
  void write(const std::string& name, const std::string& text) const { folder_.write("repo/" + name, text); }
  std::string head() const {
    const auto line = git("rev-parse HEAD");
    return line.substr(0, line.find('\n'));
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace assay::track
