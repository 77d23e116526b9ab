// Trains a network further, at a lower rate: to repair what an earlier step did to it.

#include <fmt/format.h>

#include "compress/plugin.h"

namespace assay::compress {
namespace {

struct FinetuneOptions {
  std::int64_t epochs = 2;
  double rate_factor = 0.1;

  static auto schema() {
    return config::schema<FinetuneOptions>(
        config::field("epochs", &FinetuneOptions::epochs, config::at_least(1), "passes over the training images"),
        config::field("rate_factor", &FinetuneOptions::rate_factor, config::between(0.0, 10.0),
                      "of the learning rate of the training before"));
  }
};

class Finetune final : public Step {
 public:
  explicit Finetune(const FinetuneOptions& options) : options_(options) {}

  std::string name() const override { return "finetune"; }

  StepOutput run(const StepInput& input) const override {
    auto model = float_network(input, name()).copy();
    input.train(
        *model,
        {.epochs = options_.epochs, .rate_factor = options_.rate_factor, .holds_zeros = input.network.holds_zeros});
    return {{model, nullptr, input.network.holds_zeros},
            {{"epochs", fmt::format("{}", options_.epochs)}, {"rate_factor", fmt::format("{}", options_.rate_factor)}}};
  }

 private:
  FinetuneOptions options_;
};

}  // namespace

ASSAY_STEP(finetune, Finetune, FinetuneOptions)

}  // namespace assay::compress
