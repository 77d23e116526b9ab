// No tracking: keys are checked as with a server, so that a run does not fail only once tracking is on; nothing is
// sent.

#include "track/entities.h"
#include "track/plugin.h"

namespace assay::track {
namespace {

struct OffOptions {
  static auto schema() { return config::schema<OffOptions>(); }
};

class OffRun final : public Run {
 public:
  explicit OffRun(std::string name) : name_(std::move(name)) {}

  void log_params(const std::vector<KeyValue>& params) override {
    refuse_when_finished();
    take_new_params(params, params_);
  }
  void log_metric(std::string_view key, double, std::int64_t) override {
    refuse_when_finished();
    check_key("metric", key);
  }
  void set_tag(std::string_view key, std::string_view) override {
    refuse_when_finished();
    check_key("tag", key);
  }
  void log_artifact(const std::filesystem::path&, std::string_view path) override {
    refuse_when_finished();
    check_artifact_path(path);
  }
  void log_dataset(const DatasetInput& dataset) override {
    refuse_when_finished();
    check_dataset(dataset);
  }
  void log_model(const LoggedModel& model) override {
    refuse_when_finished();
    check_model(model);
  }
  std::unique_ptr<Run> start_child(const RunStart& start) override { return std::make_unique<OffRun>(start.name); }
  void finish(RunStatus) override { is_finished_ = true; }
  Delivery delivery() const override {
    Delivery delivery;
    delivery.backend = "off";
    return delivery;
  }

 private:
  void refuse_when_finished() const { check_open(is_finished_, name_); }

  std::string name_;
  std::map<std::string, std::string> params_;
  bool is_finished_ = false;
};

class OffTracker final : public Tracker {
 public:
  OffTracker(const OffOptions&, const config::Section&) {}

  std::unique_ptr<Run> start(const RunStart& start) override { return std::make_unique<OffRun>(start.name); }
};

}  // namespace

ASSAY_BACKEND(off, OffTracker, OffOptions)

}  // namespace assay::track
