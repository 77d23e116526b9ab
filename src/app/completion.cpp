#include "app/completion.h"

#include <fmt/format.h>

#include <set>

namespace assay::app {
namespace {

// bash takes `=` for the end of a word, so only what stands behind it is replaced.
constexpr std::string_view kBash = R"sh(_{0}() {{
  local line=${{COMP_LINE:0:COMP_POINT}} IFS=$'\n'
  local word=${{line##* }}
  COMPREPLY=($({0} --complete "$word" 2>/dev/null))
  [[ ${{#COMPREPLY[@]}} != 1 || ${{COMPREPLY[0]}} != *= ]] || compopt -o nospace
  COMPREPLY=("${{COMPREPLY[@]#"${{word%"${{word##*=}}"}}"}}")
}}
complete -F _{0} {0}
)sh";

constexpr std::string_view kZsh = R"sh(_{0}() {{
  local -a choices
  choices=(${{(f)" $({ 0 } --complete "$PREFIX" 2 > / dev / null) "}})
                                  compadd -
                                  S '' --$choices
}
}
compdef _{0} {0}
)sh";

constexpr std::string_view kFish = R"sh(complete -c {0} -f -a '({0} --complete (commandline -ct) 2>/dev/null)'
)sh";

std::vector<std::string> values_of(const config::FieldHelp& option) {
  constexpr std::string_view kOneOf = "one of: ";
  if (option.default_value == "true" || option.default_value == "false") return {"true", "false"};
  if (!option.limits.starts_with(kOneOf)) return {};
  std::vector<std::string> values;
  auto rest = option.limits.substr(kOneOf.size());
  for (auto comma = rest.find(", "); comma != std::string::npos; comma = rest.find(", ")) {
    values.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 2);
  }
  values.push_back(rest);
  return values;
}

}  // namespace

std::string completion_script(const std::string& shell, const std::string& program) {
  const auto script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  return fmt::format(fmt::runtime(script), program);
}

std::string complete(const std::string& word, const config::ConfigFiles& files,
                     const std::vector<config::FieldHelp>& options) {
  std::set<std::string> choices;
  const bool has_key = word.find('=') != std::string::npos;
  for (const auto& group : files.groups()) {
    if (!has_key) choices.insert(group + "=");
    for (const auto& option : files.options(group)) {
      if (has_key) choices.insert(group + "=" + option);
    }
  }
  for (const auto& option : options) {
    if (!has_key) choices.insert(option.key + "=");
    for (const auto& value : values_of(option)) {
      if (has_key) choices.insert(option.key + "=" + value);
    }
  }
  std::string text;
  for (const auto& choice : choices) {
    if (choice.starts_with(word)) text += choice + "\n";
  }
  return text;
}

}  // namespace assay::app
