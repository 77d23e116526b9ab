// The command that starts an experiment: parses, checks, and hands over to the engine, which links LibTorch.
// Loading LibTorch alone takes longer than everything done here.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/excerpt.h"
#include "core/error.h"
#include "core/terminal.h"
#include "front/check.h"
#include "front/freed_memory.h"
#include "front/inspection.h"

namespace assay::front {
namespace {

namespace fs = std::filesystem;

// Below this limit LibTorch's libraries cannot be mapped, or its kernels crash for lack of memory.
void check_address_space() {
  constexpr rlim_t kSmallest = 900'000'000;
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur >= kSmallest) return;
  throw Error(ErrorKind::kConfig,
              fmt::format("the address space is limited to {} MB (ulimit -v): LibTorch alone needs {} MB",
                          limit.rlim_cur / 1'000'000, kSmallest / 1'000'000),
              "", "raise it; a cgroup's limit on resident memory may be much lower");
}

[[noreturn]] void start(const fs::path& engine, char** argv) {
  check_address_space();
  auto path = engine.string();
  argv[0] = path.data();
  keep_freed_memory();
  ::execv(engine.c_str(), argv);
  throw Error(ErrorKind::kData, fmt::format("cannot start the engine: {}", std::strerror(errno)), engine.string(),
              "`make build` makes it");
}

int run(int argc, char** argv) {
  const auto folder = fs::canonical("/proc/self/exe").parent_path() / "engines";
  const auto engine = folder / ASSAY_EXPERIMENT "_engine";
  const auto catalogue = config::read_catalogue(folder / ASSAY_EXPERIMENT ".json");
  CommandLine command_line;
  if (const auto exit_code = parse_command_line(argc, argv, catalogue, command_line)) return *exit_code;
  config::ConfigFiles files(command_line.config_dirs);
  // Only the engine finds devices; here the type of the answer is enough.
  bool needs_engine = false;
  const auto resolvers = make_resolvers(
      [&] {
        needs_engine = true;
        return std::int64_t{1};
      },
      [&] {
        needs_engine = true;
        return std::string("cpu");
      });
  if (is_asked(command_line.inspection)) {
    const auto answer = inspect(command_line, files, catalogue, resolvers);
    if (needs_engine) start(engine, argv);
    fmt::print("{}", answer);
    return 0;
  }
  check_runs(command_line, files, catalogue, resolvers);
  start(engine, argv);
}

}  // namespace
}  // namespace assay::front

int main(int argc, char** argv) {
  assay::open_standard_descriptors();
  try {
    return assay::front::run(argc, argv);
  } catch (const assay::Error& error) {
    assay::print_status("error: {}\n", assay::config::with_excerpts(error.what()));
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    assay::print_status("error: {}\n", error.what());
    return static_cast<int>(assay::ErrorKind::kInternal);
  }
}
