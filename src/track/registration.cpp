#include "track/registration.h"

#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "track/entities.h"

namespace assay::track {

void check_registration(const Registration& registration) {
  if (registration.prefix.empty() && !registration.aliases.empty()) {
    throw Error(ErrorKind::kConfig, "only a registered model has aliases", "track.aliases",
                "set track.register_as too");
  }
  const auto check = [](const char* option, const Registration& part) {
    try {
      LoggedModel probe;
      probe.name = "model";
      check_model(registered(probe, part));
    } catch (const Error& error) {
      throw Error(ErrorKind::kConfig, error.message(), option, "choose another name");
    }
  };
  check("track.register_as", {registration.prefix, {}});
  check("track.aliases", registration);
}

LoggedModel registered(LoggedModel model, const Registration& registration) {
  if (registration.prefix.empty() || !model.registered_name.empty()) return model;
  model.registered_name = fmt::format("{}-{}", registration.prefix, model.name);
  model.aliases = registration.aliases;
  return model;
}

}  // namespace assay::track
