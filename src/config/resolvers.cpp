#include "config/resolvers.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <ctime>

#include "core/error.h"

namespace assay::config {
namespace {

void check_count(const std::vector<Value>& arguments, std::size_t low, std::size_t high, std::string_view usage) {
  if (arguments.size() >= low && arguments.size() <= high) return;
  throw Error(ErrorKind::kConfig, fmt::format("{} arguments, but it is {}", arguments.size(), usage));
}

const std::string& text_argument(const Value& argument, std::string_view usage) {
  const auto* text = argument.get_if<std::string>();
  if (text != nullptr) return *text;
  throw Error(ErrorKind::kConfig,
              fmt::format("{} is {}, but it is {}", argument.to_toml(), argument.type_name(), usage));
}

Value read_environment(const std::vector<Value>& arguments, const Origin& origin) {
  constexpr std::string_view kUsage = "${oc.env:VARIABLE} or ${oc.env:VARIABLE,default}";
  check_count(arguments, 1, 2, kUsage);
  const auto& name = text_argument(arguments[0], kUsage);
  if (const char* text = std::getenv(name.c_str())) return {std::string(text), origin};
  if (arguments.size() == 1) {
    throw Error(ErrorKind::kConfig, fmt::format("the environment variable {} is not set", name), "",
                fmt::format("set it, or give a default: ${{oc.env:{},default}}", name));
  }
  if (arguments[1].get_if<Null>() != nullptr) return {Null{}, origin};
  return {to_text(arguments[1]), origin};
}

Value create(const std::vector<Value>& arguments, const Origin& origin) {
  constexpr std::string_view kUsage = "${oc.create:{key: value}} or ${oc.create:[element, element]}";
  check_count(arguments, 1, 1, kUsage);
  const auto& made = arguments[0];
  const bool is_fine =
      made.get_if<Table>() != nullptr || made.get_if<Array>() != nullptr || made.get_if<Null>() != nullptr;
  if (is_fine) return {made.data(), origin};
  throw Error(ErrorKind::kConfig, fmt::format("{} is {}, but it is {}", made.to_toml(), made.type_name(), kUsage));
}

Value format_now(const std::vector<Value>& arguments, const Origin& origin) {
  constexpr std::string_view kUsage = "${now:%Y-%m-%d}";
  check_count(arguments, 1, 1, kUsage);
  const auto& pattern = text_argument(arguments[0], kUsage);
  static const std::time_t kNow = std::time(nullptr);
  std::tm local{};
  localtime_r(&kNow, &local);
  // The space distinguishes an empty result from one that does not fit.
  std::array<char, 1024> buffer{};
  const auto size = std::strftime(buffer.data(), buffer.size(), (pattern + " ").c_str(), &local);
  if (size == 0) throw Error(ErrorKind::kConfig, fmt::format("the time does not fit: {}", pattern));
  return {std::string(buffer.data(), size - 1), origin};
}

std::string quote(const std::string& text) {
  const bool has_single = text.find('\'') != std::string::npos;
  const char mark = has_single && text.find('"') == std::string::npos ? '"' : '\'';
  std::string quoted(1, mark);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == mark || c == '\\') {
      quoted += {'\\', c};
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\x{:02x}", byte);
    } else {
      quoted += c;
    }
  }
  return quoted + mark;
}

std::string to_element_text(const Value& value) {
  const auto* text = value.get_if<std::string>();
  return text == nullptr ? to_text(value) : quote(*text);
}

struct TextWriter {
  const Value& value;

  std::string operator()(Null) const { return "None"; }
  std::string operator()(bool flag) const { return flag ? "True" : "False"; }
  std::string operator()(std::int64_t) const { return value.to_toml(); }
  std::string operator()(double) const { return value.to_toml(); }
  std::string operator()(const std::string& text) const { return text; }
  std::string operator()(const Array& elements) const {
    std::string text;
    for (const auto& element : elements) text += (text.empty() ? "" : ", ") + to_element_text(element);
    return "[" + text + "]";
  }
  std::string operator()(const Table& table) const {
    std::string text;
    for (const auto& [key, inner] : table.entries()) {
      text += (text.empty() ? "" : ", ") + quote(key) + ": " + to_element_text(inner);
    }
    return "{" + text + "}";
  }
};

}  // namespace

const std::map<std::string, Resolver>& plain_resolvers() {
  static const std::map<std::string, Resolver> kResolvers = {
      {"oc.env", read_environment}, {"oc.create", create}, {"now", format_now}};
  return kResolvers;
}

std::string to_text(const Value& value) { return std::visit(TextWriter{value}, value.data()); }

std::string fill_deprecation(std::string message, const std::string& old_key, const std::string& new_key) {
  const std::array<std::pair<std::string_view, const std::string&>, 2> words = {
      {{"$OLD_KEY", old_key}, {"$NEW_KEY", new_key}}};
  for (const auto& [word, key] : words) {
    for (auto at = message.find(word); at != std::string::npos; at = message.find(word, at + key.size())) {
      message.replace(at, word.size(), key);
    }
  }
  return message;
}

}  // namespace assay::config
