#include "track/source/git.h"

#include <gmock/gmock.h>
#include <stdlib.h>
#include <unistd.h>

#include "track/source/git_repository.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

GitState inspect(const fs::path& folder) {
  const auto inspection = inspect_git(folder);
  EXPECT_EQ(inspection.reason, "");
  return inspection.state.value_or(GitState{});
}

TEST(GitTest, CleanRepositoryHasNoDiff) {
  const GitRepository repository;
  const auto state = inspect(repository.path() / "src");
  EXPECT_EQ(state.commit, repository.head());
  EXPECT_EQ(state.branch, "main");
  EXPECT_EQ(state.url, "");
  EXPECT_EQ(fs::canonical(state.folder), fs::canonical(repository.path()));
  EXPECT_FALSE(state.dirty);
  EXPECT_EQ(state.num_untracked, 0);
  EXPECT_EQ(state.diff, "");
}

TEST(GitTest, DetachedHeadHasNoBranch) {
  const GitRepository repository;
  repository.git("checkout -q --detach");
  const auto state = inspect(repository.path());
  EXPECT_EQ(state.branch, "");
  EXPECT_EQ(state.commit, repository.head());
}

TEST(GitTest, UrlIsWithoutSecrets) {
  const GitRepository repository;
  repository.git("remote add origin https://user:ghp_token@example.org/team/repo.git");
  EXPECT_EQ(inspect(repository.path()).url, "https://example.org/team/repo.git");
}

TEST(GitTest, RepositoryWithoutCommitsShowsItsFiles) {
  const TemporaryFolder folder;
  folder.write("main.py", "print(1)\n");
  run_in(folder.path(), "git init -q -b trunk");
  const auto state = inspect(folder.path());
  EXPECT_EQ(state.commit, "");
  EXPECT_EQ(state.branch, "trunk");
  EXPECT_EQ(state.num_untracked, 1);
  EXPECT_THAT(state.diff, HasSubstr("# left out: main.py: not tracked by Git"));
}

TEST(GitTest, WorkingTreeOfItsOwnIsFollowed) {
  const GitRepository repository;
  const auto other = repository.neighbour("other");
  repository.git("worktree add -q -b side '" + other.string() + "'");
  run_in(other, "echo 'epochs = 4' >> train.py");
  const auto state = inspect(other);
  EXPECT_EQ(state.branch, "side");
  EXPECT_EQ(state.commit, repository.head());
  EXPECT_THAT(state.diff, HasSubstr("+epochs = 4"));
  EXPECT_FALSE(inspect(repository.path()).dirty);
}

TEST(GitTest, SubmoduleIsItsOwnRepositoryAndAPartOfTheOuter) {
  const GitRepository library;
  const GitRepository repository;
  repository.git("-c protocol.file.allow=always submodule --quiet add '" + library.path().string() + "' lib");
  repository.commit();
  EXPECT_FALSE(inspect(repository.path()).dirty);
  repository.write("lib/train.py", "changed inside\n");
  const auto outer = inspect(repository.path());
  EXPECT_TRUE(outer.dirty);
  EXPECT_THAT(outer.diff, HasSubstr("# left out: lib: changes inside of a submodule"));
  EXPECT_THAT(inspect(repository.path() / "lib").diff, HasSubstr("+changed inside"));
  repository.run("cd lib && git commit -qam more");
  EXPECT_THAT(inspect(repository.path()).diff, HasSubstr("+Subproject commit"));
}

TEST(GitTest, KnowsExtensionsThatNewerGitsWrite) {
  const GitRepository repository;
  repository.git("config core.repositoryFormatVersion 1");
  repository.git("config extensions.worktreeConfig true");
  repository.git("config extensions.partialClone origin");
  EXPECT_EQ(inspect(repository.path()).commit, repository.head());
}

TEST(GitTest, OutsideOfARepositoryThereIsAReason) {
  const TemporaryFolder folder;
  for (const auto& inside : {folder.path(), folder.path() / "absent"}) {
    const auto inspection = inspect_git(inside);
    EXPECT_FALSE(inspection.state);
    EXPECT_EQ(inspection.reason, "no Git repository holds " + inside.string());
  }
}

TEST(GitTest, BareRepositoryHasACommitAndNoDiff) {
  const GitRepository repository;
  const auto bare = repository.neighbour("bare.git");
  repository.git("clone -q --bare . '" + bare.string() + "'");
  const auto inspection = inspect_git(bare);
  ASSERT_TRUE(inspection.state);
  EXPECT_EQ(inspection.state->commit, repository.head());
  EXPECT_THAT(inspection.reason, HasSubstr("bare"));
}

TEST(GitTest, AnotherUsersRepositoryIsRefusedWithTheWayOut) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const GitRepository repository;
  repository.run("chown -R 12345 .");
  const auto inspection = inspect_git(repository.path());
  EXPECT_FALSE(inspection.state);
  EXPECT_THAT(inspection.reason, HasSubstr("belongs to another user"));
  EXPECT_THAT(inspection.reason, HasSubstr("safe.directory"));
}

TEST(GitTest, AnotherUsersRepositoryIsReadWhereThatIsAllowed) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  const GitRepository repository;
  const auto head = repository.head();
  const auto folder = fs::canonical(repository.path()).string();
  repository.run("chown -R 12345 .");
  const TemporaryFolder home;
  const std::string before = ::getenv("HOME") == nullptr ? "" : ::getenv("HOME");
  ::setenv("HOME", home.path().c_str(), 1);
  home.write(".gitconfig", "[safe]\n\tdirectory = /another\n");
  EXPECT_THAT(inspect_git(repository.path()).reason, HasSubstr("belongs to another user"));
  home.write(".gitconfig", "[safe]\n\tdirectory = " + folder + "\n");
  EXPECT_EQ(inspect(repository.path()).commit, head);
  ::setenv("HOME", before.c_str(), 1);
}

TEST(GitTest, BrokenRepositoriesHaveReasons) {
  const std::vector<std::string> kDamages = {
      "echo nonsense > .git/HEAD",
      "echo '[core' > .git/config",
      "echo nonsense > .git/refs/heads/main",
      "rm -rf .git/objects/*",
      "printf nonsense > .git/index",
      "rm -rf .git && echo 'gitdir: /nowhere' > .git",
      "git config core.repositoryFormatVersion 1 && git config extensions.objectFormat sha256",
  };
  for (const auto& damage : kDamages) {
    const GitRepository repository;
    repository.run(damage);
    EXPECT_NO_THROW(EXPECT_NE(inspect_git(repository.path()).reason, "") << damage);
  }
}

TEST(GitTest, ACommitIsToldWhereItsDiffCannotBe) {
  const GitRepository repository;
  const auto head = repository.head();
  repository.run("printf nonsense > .git/index");
  const auto inspection = inspect_git(repository.path());
  ASSERT_TRUE(inspection.state);
  EXPECT_EQ(inspection.state->commit, head);
  EXPECT_THAT(inspection.reason, HasSubstr("cannot be compared"));
}

TEST(GitTest, LeavesTheRepositoryAsItIs) {
  const GitRepository repository;
  repository.write("train.py", "import numpy\n");
  const std::string kDigest = "find . -type f | sort | xargs sha256sum";
  const auto before = repository.run(kDigest);
  inspect(repository.path());
  EXPECT_EQ(repository.run(kDigest), before);
}

}  // namespace
}  // namespace assay::track
