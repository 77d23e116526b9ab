#include "config/defaults_node.h"

#include <fmt/format.h>

#include <algorithm>

namespace assay::config {
namespace {

std::string join(const std::string& left, const std::string& right, char separator) {
  if (left.empty()) return right;
  return right.empty() ? left : left + separator + right;
}

// The group as written, or the folder of a config, without the leading slash.
std::string relative_group(const DefaultsNode& node) {
  const auto& written = node.entry.path;
  auto path = written.starts_with('/') ? written.substr(1) : written;
  if (node.is_group()) return path;
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

// The part after the last _global_ is relative to the root.
std::string place(const DefaultsNode& node, const std::optional<std::string>& own) {
  auto placed = join(node.package, own.value_or(as_package(relative_group(node))), '.');
  const auto global = placed.rfind(kGlobalPackage);
  if (global == std::string::npos) return placed;
  const auto rest = global + kGlobalPackage.size();
  return rest < placed.size() ? placed.substr(rest + 1) : "";
}

// Returns `@package` with its keywords replaced.
std::optional<std::string> written_package(const DefaultsNode& node) {
  constexpr std::string_view kGroup = "_group_";
  const auto& package = node.entry.package;
  if (package == "_here_") return "";
  const auto at = package ? package->find(kGroup) : std::string::npos;
  if (at == std::string::npos) return package;
  auto replaced = *package;
  return fmt::format("{}.{}", kGlobalPackage, replaced.replace(at, kGroup.size(), as_package(node.group())));
}

}  // namespace

std::string as_package(std::string group) {
  std::replace(group.begin(), group.end(), '/', '.');
  return group;
}

std::string DefaultsNode::group() const {
  return entry.path.starts_with('/') ? relative_group(*this) : join(folder, relative_group(*this), '/');
}

std::string DefaultsNode::name() const {
  return join(group(), is_group() ? option() : entry.path.substr(entry.path.rfind('/') + 1), '/');
}

std::string DefaultsNode::final_package() const {
  const auto written = written_package(*this);
  return place(*this, written ? written : header);
}

std::string DefaultsNode::key() const {
  const auto placed = place(*this, written_package(*this));
  if (placed == as_package(group())) return group();
  return fmt::format("{}@{}", group(), placed.empty() ? std::string(kGlobalPackage) : placed);
}

}  // namespace assay::config
