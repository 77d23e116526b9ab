#include "config/problems.h"

#include <fmt/format.h>

#include "core/error.h"

namespace assay::config {

void Problems::add(std::string message, const std::string& location, const std::string& hint) {
  if (!location.empty()) message += fmt::format(" ({})", location);
  if (!hint.empty()) message += fmt::format("\n  hint: {}", hint);
  texts_.push_back(std::move(message));
}

void Problems::throw_if_any() const {
  if (texts_.empty()) return;
  if (texts_.size() == 1) throw Error(ErrorKind::kConfig, texts_.front());
  auto text = fmt::format("{} mistakes in the configuration:", texts_.size());
  for (const auto& one : texts_) text += "\n- " + one;
  throw Error(ErrorKind::kConfig, text);
}

}  // namespace assay::config
