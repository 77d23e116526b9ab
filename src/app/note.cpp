#include "app/note.h"

#include <fmt/format.h>

namespace assay::app {
namespace {

double percent_less(double value, double baseline) { return (1.0 - value / baseline) * 100.0; }

std::string variants_table(const Json& variants) {
  std::string text =
      "| network | test accuracy | size | latency p50 | smaller by | faster by | agreement |\n"
      "|---|---|---|---|---|---|---|\n";
  const auto& baseline = variants.front();
  for (const auto& one : variants) {
    const auto size = one.at("size_bytes").get<double>();
    const auto latency = one.at("latency_us").at("p50").get<double>();
    text += fmt::format("| {} | {:.2f} % | {:.1f} kB | {:.0f} µs | {:.1f} % | {:.1f} % | {:.2f} % |\n",
                        one.at("title").get<std::string>(), one.at("accuracy").get<double>() * 100.0, size / 1e3,
                        latency, percent_less(size, baseline.at("size_bytes").get<double>()),
                        percent_less(latency, baseline.at("latency_us").at("p50").get<double>()),
                        one.at("agreement").get<double>() * 100.0);
  }
  return text + "\n";
}

std::string data_line(const Json& dataset) {
  return fmt::format("- data: {}; {} training, {} validation, {} test images\n",
                     dataset.at("description").get<std::string>(), dataset.at("num_train").get<std::int64_t>(),
                     dataset.at("num_validation").get<std::int64_t>(), dataset.at("num_test").get<std::int64_t>());
}

std::string source_line(const Json& environment) {
  const auto commit = environment.at("commit").get<std::string>();
  if (commit.empty()) return "";
  return fmt::format("- built from commit `{}`{}\n", commit.substr(0, 12),
                     environment.at("dirty").get<bool>() ? ", with changes" : "");
}

}  // namespace

std::string make_note(const Json& record) {
  std::string text = fmt::format("**{}**\n\n", record.at("run_name").get<std::string>());
  if (const auto error = record.at("error").get<std::string>(); !error.empty())
    text += fmt::format("Ended with an error:\n\n```\n{}\n```\n\n", error);
  if (record.contains("variants") && !record["variants"].empty()) text += variants_table(record["variants"]);
  if (record.contains("dataset")) text += data_line(record["dataset"]);
  if (record.contains("model"))
    text += fmt::format("- network: {}, {} parameters\n", record["model"].at("name").get<std::string>(),
                        record["model"].at("num_parameters").get<std::int64_t>());
  const auto& environment = record.at("environment");
  text += fmt::format("- machine: {}, {} cores, on {}\n", environment.at("cpu").get<std::string>(),
                      environment.at("cores").get<int>(), environment.at("device_name").get<std::string>());
  text += source_line(environment);
  return text + fmt::format("\nTo repeat it:\n\n```\n{}\n```\n", record.at("command").get<std::string>());
}

}  // namespace assay::app
