// Can this machine do what Assay needs? Each line is something that was tried.
// Run:      doctor
// Expected: README.md beside this file.

#include <chrono>

#include "app/doctor.h"
#include "app/run_main.h"

namespace {

using namespace assay;

struct DoctorOptions {
  app::RunOptions run;
  device::DeviceOptions device;
  config::Section track;

  static auto schema() {
    return config::schema<DoctorOptions>(
        config::field("run", &DoctorOptions::run, "identity of the run"),
        config::field("device", &DoctorOptions::device, "which device to examine"),
        config::plugin("track", &DoctorOptions::track, track::describe_backends, "where the findings are recorded")
            .outside_run_key());
  }
};

void run(app::RunContext& context, const DoctorOptions& /*options*/) {
  app::examine_all(context, app::list_examinations(context));
}

}  // namespace

int main(int argc, char** argv) {
  const app::Experiment<DoctorOptions> experiment{
      "doctor",
      "Tries what this machine can do: device, memory, precisions, int8, images, disk.",
      [](const DoctorOptions&, const app::Machine&) {},
      [](const DoctorOptions&) {
        return std::to_string(std::chrono::system_clock::now().time_since_epoch().count());
      },  // anew each time
      [](const DoctorOptions&) { return std::string("doctor"); },
      run};
  return app::run_main(experiment, argc, argv);
}
