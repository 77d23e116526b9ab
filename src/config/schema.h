#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/problems.h"
#include "config/read_value.h"
#include "config/section.h"

namespace assay::config {

/// Declares one option of the struct `Owner`: its key (also the MLflow param's), member, allowed values and one line of
/// help.
template <typename Owner, typename Member>
struct Field {
  std::string_view key;
  Member Owner::*member;
  Limits limits;
  std::string_view help;
};

/// Declares an option of any value of its type. Types: bool, std::int64_t, double, std::string, std::vector of these,
/// std::optional<std::int64_t> ("auto" or an integer), Section (a plug-in's table), a struct with a schema of its own
/// (a table).
template <typename Owner, typename Member>
constexpr auto field(std::string_view key, Member Owner::*member, std::string_view help) {
  return Field<Owner, Member>{key, member, Limits{}, help};
}

/// Declares an option whose value has limits: at_least(0), between(0.0, 1.0), one_of("a", "b").
template <typename Owner, typename Member>
constexpr auto field(std::string_view key, Member Owner::*member, Limits limits, std::string_view help) {
  return Field<Owner, Member>{key, member, limits, help};
}

/// Lists the fields of an options struct; what its static schema() returns.
template <typename Owner, typename... Members>
constexpr auto schema(Field<Owner, Members>... fields) {
  return std::make_tuple(fields...);
}

template <typename T>
concept HasSchema = requires {
  T::schema();
};

template <typename T>
void read_into(const Section& section, T& options, Problems& problems, bool is_plugin = false);

namespace detail {

template <typename Member>
void read_member(const Value& value, const std::string& path, const Limits& limits, Member& member,
                 Problems& problems) {
  if constexpr (HasSchema<Member>) {
    if (const auto section = as_section(value, path, problems)) read_into(*section, member, problems);
  } else if constexpr (std::is_same_v<Member, Section>) {
    if (auto section = as_section(value, path, problems)) member = std::move(*section);
  } else {
    read_value(value, path, limits, member, problems);
  }
}

}  // namespace detail

/// Reads a table into an options struct: every key must be known, of the right type and within its limits; keys that
/// are absent keep the struct's default. A plug-in's table may also hold `name`. Mistakes go to `problems`.
template <typename T>
void read_into(const Section& section, T& options, Problems& problems, bool is_plugin) {
  std::vector<std::string> known;
  if (is_plugin) known.emplace_back("name");
  std::apply([&](const auto&... fields) { (known.emplace_back(fields.key), ...); }, T::schema());
  report_unknown_keys(section, known, problems);
  std::apply(
      [&](const auto&... fields) {
        [[maybe_unused]] const auto read_one = [&](const auto& one) {
          const auto* value = section.table().find(one.key);
          if (value != nullptr)
            detail::read_member(*value, section.key_path(one.key), one.limits, options.*one.member, problems);
        };
        (read_one(fields), ...);
      },
      T::schema());
}

/// Reads the options of a plug-in from its section. Errors: Error(kConfig) listing every mistake.
template <typename T>
T read_options(const Section& section) {
  T options;
  Problems problems;
  read_into(section, options, problems, /*is_plugin=*/true);
  problems.throw_if_any();
  return options;
}

/// Describes one option for --help.
struct FieldHelp {
  std::string key;  ///< dotted
  std::string default_value;
  std::string limits;  ///< "at least 0", empty when free
  std::string help;
};

/// Lists the options of T and of the structs inside it.
template <typename T>
void describe(const std::string& prefix, std::vector<FieldHelp>& lines) {
  const T defaults{};
  [[maybe_unused]] const auto describe_one = [&](const auto& one) {
    using Member = std::decay_t<decltype(defaults.*one.member)>;
    const auto path = prefix + std::string(one.key);
    if constexpr (HasSchema<Member>) {
      describe<Member>(path + ".", lines);
    } else if constexpr (std::is_same_v<Member, Section>) {
      lines.push_back({path, "", "", std::string(one.help)});
    } else {
      lines.push_back({path, format_default(defaults.*one.member), one.limits.to_string(), std::string(one.help)});
    }
  };
  std::apply([&](const auto&... fields) { (describe_one(fields), ...); }, T::schema());
}

}  // namespace assay::config
