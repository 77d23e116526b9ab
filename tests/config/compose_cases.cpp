// Composes each case that stands as a line of JSON on stdin, and answers with a line: {"ok":true,"config":{...}} or
// {"ok":false,"error":"..."}. Reads what tests/golden/hydra_cases.py writes, and any subset of it: for hunting a
// mismatch.

#include <iostream>
#include <string>

#include "config/compose_case.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto composed = assay::config::compose_case(assay::parse_json(line, "stdin"));
    assay::Json answer{{"ok", composed.config.has_value()}};
    if (composed.config) {
      answer["config"] = *composed.config;
    } else {
      answer["error"] = composed.error;
    }
    std::cout << answer.dump() << std::endl;
  }
}
