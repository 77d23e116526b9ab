#include "app/run_context.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "core/build_info.h"
#include "core/terminal.h"

namespace assay::app {

Json describe_environment(const device::Host& host, const device::ChosenDevice& device) {
  const auto& build = build_info();
  return {{"cpu", host.cpu_name},
          {"isa", host.isa},
          {"cores", host.num_cores},
          {"threads", at::get_num_threads()},
          {"memory_bytes", device::inspect_host_memory().total_bytes},
          {"device", device.device.str()},
          {"device_name", device.description},
          {"os", host.os},
          {"compiler", build.compiler},
          {"build_type", build.build_type},
          {"assay", build.version},
          {"torch", build.torch_version},
          {"commit", build.commit},
          {"dirty", build.dirty}};
}

void print_panel(const std::string& title, const std::vector<std::pair<std::string, std::string>>& facts) {
  std::size_t width = 0;
  for (const auto& [name, value] : facts) width = std::max(width, name.size());
  print_status("{}\n", title);
  for (const auto& [name, value] : facts) print_status("  {:<{}}  {}\n", name, width, value);
}

}  // namespace assay::app
