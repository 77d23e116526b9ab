#include "data/loading.h"

namespace assay::data {
namespace {

template <typename Options>
void read_table(const config::Section& data, std::string_view key, Options& options, config::Problems& problems) {
  const auto* value = data.table().find(key);
  if (value == nullptr) return;
  if (const auto section = config::as_section(*value, data.key_path(key), problems)) {
    config::read_into(*section, options, problems);
  }
}

}  // namespace

LoadingOptions read_loading_options(const config::Section& data) {
  LoadingOptions options;
  config::Problems problems;
  read_table(data, "loader", options.loader, problems);
  read_table(data, "augment", options.augment, problems);
  problems.throw_if_any();
  return options;
}

}  // namespace assay::data
