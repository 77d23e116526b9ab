#include "track/source/git.h"

#include <fmt/format.h>
#include <git2.h>

#include <array>
#include <memory>
#include <string_view>

#include "core/sha256.h"
#include "track/source/diff_text.h"
#include "track/source/secrets.h"
#include "track/upload_source.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

template <auto Free>
struct Release {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using Repository = std::unique_ptr<git_repository, Release<git_repository_free>>;
using Reference = std::unique_ptr<git_reference, Release<git_reference_free>>;
using Commit = std::unique_ptr<git_commit, Release<git_commit_free>>;
using Tree = std::unique_ptr<git_tree, Release<git_tree_free>>;
using Remote = std::unique_ptr<git_remote, Release<git_remote_free>>;
using Diff = std::unique_ptr<git_diff, Release<git_diff_free>>;
using Patch = std::unique_ptr<git_patch, Release<git_patch_free>>;

/// Keeps libgit2 started.
class Library {
 public:
  Library() {
    git_libgit2_init();
    // Extensions of repositories that change nothing of what is read here.
    std::array extensions = {"worktreeconfig", "partialclone", "preciousobjects"};
    git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions.data(), extensions.size());
  }
  ~Library() { git_libgit2_shutdown(); }
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
};

/// Calls one of libgit2's functions that make something, which is null when that fails.
template <typename Pointer, typename Function, typename... Arguments>
Pointer make(const Function& function, const Arguments&... arguments) {
  typename Pointer::pointer made = nullptr;
  return Pointer(function(&made, arguments...) == 0 ? made : nullptr);
}

std::string last_error() {
  const git_error* const error = git_error_last();
  return error == nullptr || error->message == nullptr ? "unknown error" : error->message;
}

std::string explain_open(int result, const fs::path& inside) {
  const git_error* const error = git_error_last();
  // libgit2 1.5 says "not found" of the setting, and so of the repository, where safe.directory is set nowhere.
  const bool lacks_setting = result == GIT_ENOTFOUND && error != nullptr && error->klass == GIT_ERROR_CONFIG;
  if (result == GIT_EOWNER || lacks_setting) {
    return fmt::format(
        "the Git repository that holds {} belongs to another user: allow reading it with "
        "`git config --global --add safe.directory FOLDER`",
        inside.string());
  }
  if (result == GIT_ENOTFOUND) return fmt::format("no Git repository holds {}", inside.string());
  return fmt::format("the Git repository that holds {} cannot be read: {}", inside.string(), last_error());
}

/// Reads where HEAD points. Returns what is wrong, or nothing.
std::string read_head(git_repository* repository, GitState& state) {
  constexpr std::string_view kBranches = "refs/heads/";
  git_reference* found = nullptr;
  const int result = git_repository_head(&found, repository);
  const Reference head(found);
  if (result == 0) {
    if (git_reference_is_branch(head.get()) == 1) state.branch = git_reference_shorthand(head.get());
    if (const git_oid* const id = git_reference_target(head.get())) {
      std::array<char, GIT_OID_HEXSZ + 1> text{};
      state.commit = git_oid_tostr(text.data(), text.size(), id);
    }
    return "";
  }
  if (result != GIT_EUNBORNBRANCH) return fmt::format("HEAD cannot be read: {}", last_error());
  const auto symbolic = make<Reference>(git_reference_lookup, repository, "HEAD");
  const char* const target = symbolic ? git_reference_symbolic_target(symbolic.get()) : nullptr;
  if (target != nullptr && std::string_view(target).starts_with(kBranches)) state.branch = target + kBranches.size();
  return "";
}

std::string read_url(git_repository* repository) {
  const auto origin = make<Remote>(git_remote_lookup, repository, "origin");
  const char* const url = origin ? git_remote_url(origin.get()) : nullptr;
  return url == nullptr ? "" : strip_login(url);
}

bool is_untracked(const git_diff_delta& delta) {
  return delta.status == GIT_DELTA_UNTRACKED || delta.status == GIT_DELTA_UNREADABLE;
}

/// Returns why a file's change is left out though it may be text; empty when it is not.
std::string_view find_objection(const git_diff_delta& delta) {
  if (is_secret_name(delta.old_file.path) || is_secret_name(delta.new_file.path))
    return "its name says that it is secret";
  if (std::string_view(delta.new_file.path).ends_with('/')) return "a repository of its own";
  if (delta.status == GIT_DELTA_CONFLICTED) return "in conflict";
  if (delta.status == GIT_DELTA_UNREADABLE) return "not readable";
  const bool is_submodule = delta.old_file.mode == GIT_FILEMODE_COMMIT && delta.new_file.mode == GIT_FILEMODE_COMMIT;
  if (is_submodule && git_oid_equal(&delta.old_file.id, &delta.new_file.id) != 0)
    return "changes inside of a submodule";
  return {};
}

void add_patch(git_diff* diff, std::size_t index, DiffText& text) {
  const auto patch = make<Patch>(git_patch_from_diff, diff, index);
  const git_diff_delta* const delta = git_diff_get_delta(diff, index);
  const std::string path = delta->new_file.path;
  if (!patch) return text.leave_out(path, last_error());
  if ((delta->flags & GIT_DIFF_FLAG_BINARY) != 0) return text.leave_out(path, "binary");
  const auto num_bytes = git_patch_size(patch.get(), 1, 1, 1);
  if (!text.fits(num_bytes)) return text.leave_out_long(path, num_bytes);
  git_buf buffer = GIT_BUF_INIT;
  if (git_patch_to_buf(&buffer, patch.get()) == 0) {
    text.add(path, {buffer.ptr, buffer.size});
  } else {
    text.leave_out(path, last_error());
  }
  git_buf_dispose(&buffer);
}

void add_tracked(git_diff* diff, DiffText& text) {
  for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
    const git_diff_delta& delta = *git_diff_get_delta(diff, i);
    if (is_untracked(delta)) continue;
    const auto objection = find_objection(delta);
    if (objection.empty()) {
      add_patch(diff, i, text);
    } else {
      text.leave_out(delta.new_file.path, objection);
    }
  }
}

/// Names what is not tracked, and lists the text files in it. No more is read than a few times what fits into the diff:
/// it may be a data set.
void add_untracked(git_diff* diff, std::size_t max_read_bytes, bool is_in_diff, GitState& state, DiffText& text) {
  for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
    const git_diff_delta& delta = *git_diff_get_delta(diff, i);
    if (!is_untracked(delta)) continue;
    const fs::path path(delta.new_file.path);
    if (const auto objection = find_objection(delta); !objection.empty() && is_in_diff) {
      text.leave_out(path.native(), objection);
      continue;
    }
    if (delta.new_file.size > max_read_bytes || (is_in_diff && !text.fits(delta.new_file.size))) {
      text.leave_out_long(path.native(), delta.new_file.size);
      continue;
    }
    max_read_bytes -= delta.new_file.size;
    if (is_in_diff) {
      add_patch(diff, i, text);
      continue;
    }
    UploadSource source(LocalFile(state.folder / path));
    const auto content = source.read_all();
    if (!source.error().empty()) {
      text.leave_out(path.native(), source.error());
      continue;
    }
    text.leave_out(path.native(), "not tracked by Git, SHA-256 " + sha256(content));
    if (content.find('\0') == std::string::npos && content.size() <= kMaxDiffBytes) state.untracked.push_back(path);
  }
}

Diff compare_with_working_tree(git_repository* repository, const std::string& commit_text) {
  constexpr git_off_t kMaxFileBytes = 16'000'000;  // what is larger counts as binary
  Tree tree;
  if (!commit_text.empty()) {
    git_oid id;
    if (git_oid_fromstr(&id, commit_text.c_str()) != 0) return nullptr;
    const auto commit = make<Commit>(git_commit_lookup, repository, &id);
    if (commit) tree = make<Tree>(git_commit_tree, commit.get());
    if (!tree) return nullptr;
  }
  git_diff_options options;
  git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
  options.flags = GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS | GIT_DIFF_SHOW_UNTRACKED_CONTENT;
  options.max_size = kMaxFileBytes;
  return make<Diff>(git_diff_tree_to_workdir_with_index, repository, tree.get(), &options);
}

/// Reads how the working tree differs from the commit. Returns what is wrong, or nothing.
std::string read_changes(git_repository* repository, bool has_untracked, std::size_t max_diff_bytes, GitState& state) {
  constexpr std::size_t kMaxReadFactor = 16;
  if (git_repository_is_bare(repository) != 0) return "a bare repository has no working tree";
  const Diff diff = compare_with_working_tree(repository, state.commit);
  if (!diff) return fmt::format("the working tree cannot be compared with the commit: {}", last_error());
  for (std::size_t i = 0; i < git_diff_num_deltas(diff.get()); ++i) {
    const bool untracked = is_untracked(*git_diff_get_delta(diff.get(), i));
    state.num_untracked += untracked ? 1 : 0;
    state.dirty = state.dirty || !untracked;
  }
  DiffText text(max_diff_bytes);
  add_tracked(diff.get(), text);
  add_untracked(diff.get(), max_diff_bytes * kMaxReadFactor, has_untracked, state, text);
  state.diff = text.text();
  return "";
}

}  // namespace

GitInspection inspect_git(const fs::path& inside, bool has_untracked, std::size_t max_diff_bytes) {
  const Library library;
  git_repository* opened = nullptr;
  const int result = git_repository_open_ext(&opened, inside.c_str(), 0, nullptr);
  const Repository repository(opened);
  if (result != 0) return {std::nullopt, explain_open(result, inside)};
  const char* const work_tree = git_repository_workdir(repository.get());
  GitState state;
  state.folder = work_tree != nullptr ? work_tree : git_repository_path(repository.get());
  if (auto fault = read_head(repository.get(), state); !fault.empty()) return {std::nullopt, std::move(fault)};
  state.url = read_url(repository.get());
  auto fault = read_changes(repository.get(), has_untracked, max_diff_bytes, state);
  return {std::move(state), std::move(fault)};
}

std::string keep_untracked(const GitState& state, const fs::path& folder) {
  std::string fault;
  for (const auto& path : state.untracked) {
    std::error_code error;
    fs::create_directories((folder / path).parent_path(), error);
    if (!error) fs::copy_file(state.folder / path, folder / path, fs::copy_options::overwrite_existing, error);
    if (error && fault.empty()) fault = fmt::format("{} is not kept: {}", path.string(), error.message());
  }
  return fault;
}

}  // namespace assay::track
