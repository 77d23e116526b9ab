#include "core/error.h"

#include <utility>

#include "core/redact.h"

namespace assay {
namespace {

std::string compose_text(const std::string& message, const std::string& location, const std::string& hint) {
  auto text = message;
  if (!location.empty()) text += fmt::format(" ({})", location);
  if (!hint.empty()) text += fmt::format("\n  hint: {}", hint);
  return text;
}

}  // namespace

Error::Error(ErrorKind kind, std::string message, std::string location, std::string hint)
    : std::runtime_error(redact_logins(compose_text(message, location, hint))),
      kind_(kind),
      message_(redact_logins(std::move(message))),
      location_(redact_logins(std::move(location))),
      hint_(redact_logins(std::move(hint))) {}

namespace detail {

void check_failed(std::string_view expression, const std::string& values, const char* file, int line) {
  throw std::logic_error(fmt::format("check failed: {} with {} ({}:{}); this is a bug in Assay, please report it",
                                     expression, values, file, line));
}

}  // namespace detail
}  // namespace assay
