#include "app/run_log.h"

#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>

namespace assay::app {

RunLog::RunLog(const std::filesystem::path& folder) : status_(folder / "run.log") {
  try {
    warnings_ = std::make_shared<spdlog::sinks::basic_file_sink_mt>((folder / "run.log").string());
  } catch (const spdlog::spdlog_ex&) {
    return;  // the terminal still shows everything
  }
  warnings_->set_pattern("%l: %v");
  auto& logger = *spdlog::default_logger();
  logger.sinks().push_back(warnings_);
  logger.flush_on(spdlog::level::warn);
}

RunLog::~RunLog() {
  if (warnings_) std::erase(spdlog::default_logger()->sinks(), warnings_);
}

}  // namespace assay::app
