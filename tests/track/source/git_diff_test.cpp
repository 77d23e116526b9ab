#include <gmock/gmock.h>
#include <sys/stat.h>

#include "core/file.h"
#include "track/source/git.h"
#include "track/source/git_repository.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

GitState inspect(const GitRepository& repository, std::size_t max_diff_bytes = kMaxDiffBytes,
                 bool has_untracked = true) {
  const auto inspection = inspect_git(repository.path(), has_untracked, max_diff_bytes);
  EXPECT_EQ(inspection.reason, "");
  return inspection.state.value_or(GitState{});
}

/// Applies the diff to a clone of the commit, and returns how that differs from the working tree.
std::string difference_after_applying(const GitRepository& repository, const std::string& diff) {
  const auto clone = repository.neighbour("clone");
  repository.git("clone -q . '" + clone.string() + "'");
  std::ofstream(repository.neighbour("change.diff"), std::ios::binary) << diff;
  run_in(clone, "git apply ../change.diff");
  return repository.run("diff -r --no-dereference --exclude=.git . '" + clone.string() + "' || true");
}

TEST(GitDiffTest, ApplyingItGivesTheWorkingTree) {
  const GitRepository repository;
  repository.write("no_end.txt", "a\nb");
  repository.write("gone.txt", "gone\n");
  repository.write("tool.sh", "#!/bin/sh\n");
  repository.write("windows.txt", "a\r\nb\r\n");
  repository.run("ln -s train.py link && echo x > turns_into_link");
  repository.commit();
  repository.write("train.py", "import torch\n\nepochs = 30\nprint(epochs)\n");
  repository.write("no_end.txt", "a\nc");
  repository.write("windows.txt", "a\r\nc\r\n");
  repository.run("rm gone.txt && chmod +x tool.sh && ln -sf src link && ln -sf src turns_into_link");
  repository.write("staged.txt", "staged\n");
  repository.git("add staged.txt");
  repository.write("staged.txt", "staged, then changed\n");
  repository.write("new/deep/file with space.txt", "not tracked\n");
  repository.write("größe\t\"quoted\".txt", "not tracked either\n");
  repository.write("empty.txt", "");
  repository.git("mv src/model.cpp src/moved.cpp");
  const auto state = inspect(repository);
  EXPECT_TRUE(state.dirty);
  EXPECT_EQ(state.num_untracked, 3);
  EXPECT_EQ(difference_after_applying(repository, state.diff), "");
}

TEST(GitDiffTest, IsGitsOwnForTrackedFiles) {
  const GitRepository repository;
  repository.write("train.py", "import torch\n\nepochs = 30\nprint(epochs)\n");
  repository.run("git rm -q src/model.cpp && echo x > added && git add added");
  EXPECT_EQ(inspect(repository).diff, repository.git("diff --no-renames --abbrev=7 HEAD"));
}

TEST(GitDiffTest, UntrackedFilesAloneDoNotMakeItDirty) {
  const GitRepository repository;
  repository.write("new.py", "print(1)\n");
  const auto state = inspect(repository);
  EXPECT_FALSE(state.dirty);
  EXPECT_EQ(state.num_untracked, 1);
  EXPECT_THAT(state.diff, HasSubstr("+print(1)"));
}

TEST(GitDiffTest, IgnoredFilesAreNotThere) {
  const GitRepository repository;
  repository.write("runs/1/log.txt", "ignored\n");
  EXPECT_EQ(inspect(repository).diff, "");
}

TEST(GitDiffTest, BinaryFilesAreNamedOnly) {
  const GitRepository repository;
  repository.write("weights.bin", std::string("\0\1\2tracked", 10));
  repository.commit();
  repository.write("weights.bin", std::string("\0\1\2changed", 10));
  repository.write("new.bin", std::string("\0\1\2new", 6));
  repository.write("train.py", "changed\n");
  const auto state = inspect(repository);
  EXPECT_THAT(state.diff, HasSubstr("# left out: weights.bin: binary\n"));
  EXPECT_THAT(state.diff, HasSubstr("# left out: new.bin: binary\n"));
  EXPECT_THAT(difference_after_applying(repository, state.diff), Not(HasSubstr("train.py")));
}

TEST(GitDiffTest, SecretsAreNamedOnly) {
  const GitRepository repository;
  repository.write("deploy.pem", "-----BEGIN old\n");
  repository.commit();
  for (const char* name : {".env", "deploy.pem", "conf/aws_credentials.json", ".ssh/config", "id_rsa.old"})
    repository.write(name, "hunter2\n");
  repository.write("train.py", "changed\n");
  const auto diff = inspect(repository).diff;
  EXPECT_THAT(diff, Not(HasSubstr("hunter2")));
  for (const char* name : {".env", "deploy.pem", "conf/aws_credentials.json", ".ssh/config", "id_rsa.old"})
    EXPECT_THAT(diff, HasSubstr(std::string("# left out: ") + name + ": its name says that it is secret\n"));
  EXPECT_THAT(diff, HasSubstr("+changed"));
}

TEST(GitDiffTest, WhatDoesNotFitIsNamedAndTheRestApplies) {
  const GitRepository repository;
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "line " + std::to_string(i) + "\n";
  repository.write("a_huge_tracked.txt", lines);
  repository.commit();
  repository.write("a_huge_tracked.txt", "x" + lines.substr(0, lines.size() / 2));
  repository.write("a_huge_new.txt", lines);
  repository.write("train.py", "changed\n");
  repository.write("z_new.py", "print(1)\n");
  const auto diff = inspect(repository, 100'000).diff;
  EXPECT_LT(diff.size(), 100'000U);
  EXPECT_THAT(diff, HasSubstr("# left out: a_huge_tracked.txt: its "));
  EXPECT_THAT(diff,
              HasSubstr("# left out: a_huge_new.txt: its 1088890 bytes do not fit into the 100000 of this diff\n"));
  const auto difference = difference_after_applying(repository, diff);
  EXPECT_THAT(difference, Not(HasSubstr("train.py")));
  EXPECT_THAT(difference, Not(HasSubstr("z_new.py")));
}

TEST(GitDiffTest, ManyFilesLeftOutAreCounted) {
  const GitRepository repository;
  repository.run("for i in $(seq 300); do echo x > $i.pem; done");
  const auto diff = inspect(repository).diff;
  EXPECT_THAT(diff, testing::EndsWith("# left out: 100 more files\n"));
}

TEST(GitDiffTest, OddFilesDoNoHarm) {
  const GitRepository repository;
  repository.run("mkdir nested && git -C nested init -q && echo x > nested/file");
  ASSERT_EQ(::mkfifo((repository.path() / "pipe").c_str(), 0600), 0);
  repository.write("line\nbreak.pem", "x\n");
  repository.write("train.py", "changed\n");
  const auto diff = inspect(repository).diff;
  EXPECT_THAT(diff, HasSubstr("+changed"));
  EXPECT_THAT(diff, HasSubstr("# left out: line?break.pem: "));
  EXPECT_THAT(diff, HasSubstr("# left out: nested/: "));
}

TEST(GitDiffTest, ConflictsAreNamed) {
  const GitRepository repository;
  repository.run("git checkout -q -b side && echo side > train.py && git commit -qam side && git checkout -q main");
  repository.run("echo main > train.py && git commit -qam main && { git merge -q side || true; }");
  const auto state = inspect(repository);
  EXPECT_TRUE(state.dirty);
  EXPECT_THAT(state.diff, HasSubstr("# left out: train.py: in conflict\n"));
}

TEST(GitDiffTest, FilesThatAreNotTrackedAreNamedWithTheirHashes) {
  const GitRepository repository;
  const std::vector<std::string> names = {"token.txt",    "passwords.txt", "api_key.txt", "service-account.json",
                                          ".kube/config", "prod.tfvars",   ".env",        "plain.py"};
  for (const auto& name : names) repository.write(name, "hunter2\n");
  repository.write("train.py", "changed\n");
  repository.write("new.bin", std::string("\0\1\2new", 6));
  ASSERT_EQ(::mkfifo((repository.path() / "pipe").c_str(), 0600), 0);
  const auto state = inspect(repository, kMaxDiffBytes, /*has_untracked=*/false);
  EXPECT_THAT(state.diff, Not(HasSubstr("hunter2")));
  EXPECT_THAT(state.diff, HasSubstr("+changed"));
  for (const auto& name : names) {
    EXPECT_THAT(state.diff, HasSubstr("# left out: " + name + ": not tracked by Git, SHA-256 46a9d5bde718bf36"))
        << name;
  }
  EXPECT_EQ(state.untracked.size(), names.size());
  const auto kept = repository.neighbour("kept");
  repository.run("chmod 600 .env");
  EXPECT_EQ(keep_untracked(state, kept), "");
  EXPECT_EQ(read_file(kept / ".kube/config"), "hunter2\n");
  EXPECT_EQ(fs::status(kept / ".env").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_FALSE(fs::exists(kept / "new.bin"));
}

TEST(GitDiffTest, LinesThatLookLikeSecretsAreLeftOut) {
  const GitRepository repository;
  repository.write("settings.py", "a = 1\npassword = 'old-hunter2'\nb = 2\n");
  repository.commit();
  repository.write("settings.py", "a = 3\npassword = 'old-hunter2'\nb = 2\ntoken: new-hunter2\n");
  repository.write("train.py", "changed\n");
  repository.write("server.key.txt", "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----\nafter\n");
  repository.git("add server.key.txt");
  const auto diff = inspect(repository).diff;
  EXPECT_THAT(diff, Not(HasSubstr("hunter2")));
  EXPECT_THAT(diff, HasSubstr("# left out: settings.py: 2 lines that look like secrets\n"));
  EXPECT_THAT(diff, HasSubstr("# left out: server.key.txt: 3 lines that look like secrets\n"));
  EXPECT_THAT(diff, HasSubstr("-a = 1\n+a = 3\n [looks like a secret]\n b = 2\n+[looks like a secret]\n"));
  EXPECT_THAT(diff, HasSubstr("+after\n"));
  EXPECT_THAT(diff, HasSubstr("+changed"));
}

}  // namespace
}  // namespace assay::track
