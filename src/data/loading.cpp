#include "data/loading.h"

namespace assay::data {

LoadingOptions read_loading_options(const config::Section& data) {
  config::Table shared;
  for (const auto& option : config::describe<LoadingOptions>()) {
    if (const auto* value = data.table().find(option.key)) shared.set(option.key, *value);
  }
  LoadingOptions options;
  config::Problems problems;
  config::read_into(config::Section(shared, data.path(), data.origin()), options, problems);
  problems.throw_if_any();
  return options;
}

}  // namespace assay::data
