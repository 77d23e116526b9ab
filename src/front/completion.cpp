#include "front/completion.h"

#include <fmt/format.h>

#include <set>

namespace assay::front {
namespace {

// bash treats `=` as the end of a word, so only the text after it is replaced.
constexpr std::string_view kBash = R"script(_{0}() {{
  local line=${{COMP_LINE:0:COMP_POINT}} IFS=$'\n'
  local word=${{line##* }}
  COMPREPLY=($({0} --complete "$word" 2>/dev/null))
  [[ ${{#COMPREPLY[@]}} != 1 || ${{COMPREPLY[0]}} != *= ]] || compopt -o nospace
  COMPREPLY=("${{COMPREPLY[@]#"${{word%"${{word##*=}}"}}"}}")
}}
complete -F _{0} {0}
)script";

constexpr std::string_view kZsh = R"script(_{0}() {{
  local -a choices
  choices=(${{(f)"$({0} --complete "$PREFIX" 2>/dev/null)"}})
  compadd -S '' -a choices
}}
compdef _{0} {0}
)script";

constexpr std::string_view kFish = R"script(complete -c {0} -f -a '({0} --complete (commandline -ct) 2>/dev/null)'
)script";

}  // namespace

std::string completion_script(const std::string& shell, const std::string& program) {
  const auto script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  return fmt::format(fmt::runtime(script), program);
}

std::string complete(const std::string& word, const config::ConfigFiles& files,
                     const std::vector<config::Option>& options) {
  std::set<std::string> choices;
  const bool has_key = word.find('=') != std::string::npos;
  for (const auto& group : files.groups()) {
    if (!has_key) choices.insert(group + "=");
    for (const auto& option : files.options(group)) {
      if (has_key) choices.insert(group + "=" + option);
    }
  }
  for (const auto& one : config::flatten(options)) {
    if (!has_key) choices.insert(one.key + "=");
    for (const auto& value : one.values()) {
      if (has_key) choices.insert(one.key + "=" + value);
    }
  }
  std::string text;
  for (const auto& choice : choices) {
    if (choice.starts_with(word)) text += choice + "\n";
  }
  return text;
}

}  // namespace assay::front
