// Unstructured pruning: sets the weights of least magnitude to zero, for good: the steps that train after this one hold
// them there. The weights are stored as before, so that neither the file nor the time shrinks.
// Source: see compress/sparsity.h.

#include <fmt/format.h>

#include "compress/plugin.h"
#include "compress/sparsity.h"
#include "core/error.h"

namespace assay::compress {
namespace {

struct SparsifyOptions {
  double sparsity = 0.5;
  std::string scope = "layer";
  std::string pattern = "none";

  static auto schema() {
    using Options = SparsifyOptions;
    return config::schema<Options>(
        config::field("sparsity", &Options::sparsity, config::between(0.0, 1.0),
                      "share of the weights of convolutions and linear layers that becomes zero, between 0 and 1"),
        config::field("scope", &Options::scope, config::one_of("layer", "global"),
                      "layer: the same share of each layer; global: the smallest weights anywhere"),
        config::field("pattern", &Options::pattern, config::one_of("none", "2:4"),
                      "2:4: instead, two of each four weights along the input channels, in layers whose number of "
                      "input channels is a multiple of four"));
  }
};

class Sparsify final : public Step {
 public:
  explicit Sparsify(SparsifyOptions options) : options_(std::move(options)) {
    const auto refuse = [&](const std::string& why) {
      throw Error(ErrorKind::kConfig, fmt::format("sparsify: sparsity = {} {}", options_.sparsity, why), "",
                  "choose a value between 0 and 1, such as 0.5");
    };
    if (options_.sparsity <= 0.0) refuse("would change nothing");
    if (options_.sparsity >= 1.0) refuse("would leave no weight");
    if (options_.pattern == "2:4" && options_.sparsity != 0.5) refuse("contradicts pattern = 2:4, which is 0.5");
  }

  std::string name() const override { return "sparsify"; }

  StepOutput run(const StepInput& input) const override {
    const auto model = float_network(input, name()).copy();
    const auto weights = train::weights_of_layers(*model);
    auto settings = set_to_zero(weights);
    for (auto& setting : describe_sparsity(weights)) settings.push_back(std::move(setting));
    return {{model, nullptr, /*holds_zeros=*/true}, std::move(settings)};
  }

 private:
  /// Sets weights to zero and tells how they were chosen.
  std::vector<std::pair<std::string, std::string>> set_to_zero(const train::NamedTensors& weights) const {
    if (options_.pattern == "none") {
      zero_smallest(weights, options_.sparsity, parse_sparsity_scope(options_.scope));
      return {{"scope", options_.scope}};
    }
    std::size_t num_sparse = 0;
    for (const auto& one : weights) num_sparse += zero_two_of_four(one.second) ? 1 : 0;
    return {{"pattern", options_.pattern}, {"sparse_layers", fmt::format("{} of {}", num_sparse, weights.size())}};
  }

  SparsifyOptions options_;
};

}  // namespace

ASSAY_STEP(sparsify, Sparsify, SparsifyOptions)

}  // namespace assay::compress
