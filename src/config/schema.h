#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/option.h"
#include "config/problems.h"
#include "config/read_value.h"
#include "config/section.h"

namespace assay::config {

/// Declares one option of the struct `Owner`: its key (also that of the MLflow param), member, allowed values and one
/// line of help.
template <typename Owner, typename Member>
struct Field {
  std::string_view key;
  Member Owner::*member;
  Limits limits;
  std::string_view help;
  std::vector<PluginOptions> (*describe_plugins)() = nullptr;
  Option::Type type = Option::Type::kTable;  ///< of a Section: kPlugin or kPlugins
  bool in_run_key = true;
  std::string_view tables = {};

  /// Marks the texts of an array as names of plug-ins, or of their tables inside `table`, which stands beside it.
  Field names_tables_of(std::string_view table) && {
    tables = table;
    return std::move(*this);
  }

  /// Marks the option as not changing the result: runs that differ only in its value are the same run.
  Field outside_run_key() && {
    in_run_key = false;
    return std::move(*this);
  }
};

/// Declares an option that accepts every value of its type. Types: bool, std::int64_t, double, std::string, std::vector
/// of these, std::optional<std::int64_t> ("auto" or an integer), a struct with its own schema (a table).
template <typename Owner, typename Member>
auto field(std::string_view key, Member Owner::*member, std::string_view help) {
  static_assert(!std::is_same_v<Member, Section>, "plugin() or plugins() declares what chooses plug-ins");
  return Field<Owner, Member>{key, member, Limits{}, help};
}

/// Declares an option with limits on its value: at_least(0), between(0.0, 1.0).in("s"), one_of("a", "b").
template <typename Owner, typename Member>
auto field(std::string_view key, Member Owner::*member, Limits limits, std::string_view help) {
  return Field<Owner, Member>{key, member, std::move(limits), help};
}

/// Declares a table whose `name` chooses one of the plug-ins listed by `describe_plugins`.
template <typename Owner>
auto plugin(std::string_view key, Section Owner::*member, std::vector<PluginOptions> (*describe_plugins)(),
            std::string_view help) {
  return Field<Owner, Section>{key, member, Limits{}, help, describe_plugins, Option::Type::kPlugin};
}

/// Declares a table of such tables, under keys chosen by the user.
template <typename Owner>
auto plugins(std::string_view key, Section Owner::*member, std::vector<PluginOptions> (*describe_plugins)(),
             std::string_view help) {
  return Field<Owner, Section>{key, member, Limits{}, help, describe_plugins, Option::Type::kPlugins};
}

/// Lists the fields of an options struct; its static schema() returns it.
template <typename Owner, typename... Members>
auto schema(Field<Owner, Members>... fields) {
  return std::make_tuple(std::move(fields)...);
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

/// Reads a table into an options struct. Every key must be known, of the right type and within its limits; absent keys
/// keep the struct's default. A plug-in's table may also contain `name`. Mistakes go to `problems`.
template <typename T>
void read_into(const Section& section, T& options, Problems& problems, bool is_plugin) {
  std::vector<std::string> known;
  if (is_plugin) known.emplace_back("name");
  std::apply([&](const auto&... fields) { (known.emplace_back(fields.key), ...); }, T::schema());
  report_unknown_keys(section.table(), section.path(), known, problems);
  std::apply(
      [&](const auto&... fields) {
        [[maybe_unused]] const auto read_one = [&](const auto& one) {
          if (const auto* value = section.table().find(one.key))
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

namespace detail {

template <typename T>
struct PlainType;
template <>
struct PlainType<bool> {
  static constexpr auto kType = Option::Type::kBoolean;
};
template <>
struct PlainType<std::int64_t> {
  static constexpr auto kType = Option::Type::kInteger;
};
template <>
struct PlainType<double> {
  static constexpr auto kType = Option::Type::kNumber;
};
template <>
struct PlainType<std::string> {
  static constexpr auto kType = Option::Type::kString;
};
template <>
struct PlainType<std::optional<std::int64_t>> {
  static constexpr auto kType = Option::Type::kIntegerOrAuto;
};
template <typename Element>
struct PlainType<std::vector<Element>> : PlainType<Element> {};
template <typename T>
constexpr bool kIsArray = false;
template <typename Element>
constexpr bool kIsArray<std::vector<Element>> = true;

}  // namespace detail

/// Describes the options of T with the values in `defaults` as their defaults.
template <typename T>
std::vector<Option> describe_with(const T& defaults) {
  std::vector<Option> options;
  [[maybe_unused]] const auto describe_one = [&](const auto& one) {
    using Member = std::decay_t<decltype(defaults.*one.member)>;
    Option option;
    option.key = one.key;
    option.limits = one.limits;
    option.help = one.help;
    option.in_run_key = one.in_run_key;
    option.tables = one.tables;
    if constexpr (HasSchema<Member>) {
      option.options = describe_with(defaults.*one.member);
    } else if constexpr (std::is_same_v<Member, Section>) {
      option.type = one.type;
      option.plugins = one.describe_plugins();
    } else {
      option.type = detail::PlainType<Member>::kType;
      option.is_array = detail::kIsArray<Member>;
      option.default_value = format_default(defaults.*one.member);
    }
    options.push_back(std::move(option));
  };
  std::apply([&](const auto&... fields) { (describe_one(fields), ...); }, T::schema());
  return options;
}

/// Describes the options of T with the defaults of a default-constructed T.
template <typename T>
std::vector<Option> describe() {
  return describe_with(*std::make_unique<const T>());  // GCC 12 reports members of a temporary as uninitialized
}

}  // namespace assay::config
