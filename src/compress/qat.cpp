// Quantization-aware training: trains a network that rounds where static int8 will, so that its weights and ranges suit
// that, then makes the int8 network with these very ranges. It keeps the weights of its last epoch: those of an epoch
// before rounding began, or before BatchNorm was held, belong to another network.
// Source: Jacob et al., Quantization and Training of Neural Networks, arXiv 1712.05877; what is held when as in
// Krishnamoorthi, Quantizing deep convolutional networks, arXiv 1806.08342, section 3.2.2.

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "compress/fake_quantization.h"
#include "compress/plugin.h"
#include "core/error.h"

namespace assay::compress {
namespace {

struct QatOptions {
  std::int64_t epochs = 4;
  double rate_factor = 0.1;
  std::string ranges = "moving_average";
  std::int64_t start_epoch = 1;
  double freeze_ranges_at = 0.5;
  double freeze_norm_at = 0.75;
  std::string engine = "fbgemm";
  std::int64_t calibration_images = 512;
  std::int64_t calibration_batch = 32;
  std::string range = "mse";
  double percentile = 99.99;
  std::optional<std::int64_t> activation_bits;

  static auto schema() {
    using Options = QatOptions;
    return config::schema<Options>(
        config::field("epochs", &Options::epochs, config::at_least(1), "passes over the training images"),
        config::field("rate_factor", &Options::rate_factor, config::between(0.0, 10.0),
                      "of the learning rate of the training before"),
        config::field("ranges", &Options::ranges, config::one_of("moving_average", "lsq"),
                      "how ranges go on from the measured ones: moving_average: the ends of each batch count 1 %; "
                      "lsq: scales of values and weights are learned (LSQ)"),
        config::field("start_epoch", &Options::start_epoch, config::at_least(1),
                      "epoch from which values and weights are rounded; before it the network trains in float"),
        config::field("freeze_ranges_at", &Options::freeze_ranges_at, config::between(0.0, 1.0),
                      "share of this training's steps after which ranges stay as they are; 1: never"),
        config::field("freeze_norm_at", &Options::freeze_norm_at, config::between(0.0, 1.0),
                      "share of this training's steps after which BatchNorm uses and keeps its statistics; 1: never"),
        config::field("engine", &Options::engine, config::one_of("fbgemm", "x86", "onednn"),
                      "LibTorch's int8 engine, as for static_int8"),
        config::field("calibration_images", &Options::calibration_images, config::between(1, 100'000),
                      "training images on which the first ranges are measured"),
        config::field("calibration_batch", &Options::calibration_batch, config::between(1, 1024),
                      "images measured at a time"),
        config::field("range", &Options::range,
                      config::one_of("mse", "minmax", "percentile", "moving_average", "histogram"),
                      "how the first ranges are chosen, as for static_int8"),
        config::field("percentile", &Options::percentile, config::between(90.0, 100.0).in("%"),
                      "for range = percentile: share of values kept at each end"),
        config::field("activation_bits", &Options::activation_bits, config::between(7, 8),
                      "7 avoids saturation on processors without VNNI; auto asks the processor"));
  }
};

class Qat final : public Step {
 public:
  explicit Qat(QatOptions options) : options_(std::move(options)) {
    if (options_.start_epoch <= options_.epochs) return;
    throw Error(
        ErrorKind::kConfig,
        fmt::format("qat: start_epoch = {} is beyond the last epoch, {}", options_.start_epoch, options_.epochs), "",
        "nothing would be trained for int8: lower it, or raise epochs");
  }

  std::string name() const override { return "qat"; }
  bool quantizes() const override { return true; }

  StepOutput run(const StepInput& input) const override {
    const auto model = float_network(input, name()).copy();
    model->eval();
    const EngineScope engine(options_.engine);
    auto quantize = quantize_options(options_.engine, options_.activation_bits);
    quantize.correct_bias = false;
    const auto rounding = attach(*model, input, quantize);
    const auto prepare = [&](std::int64_t step, std::int64_t num_steps) {
      prepare_step(*model, *rounding, static_cast<double>(step) / static_cast<double>(num_steps));
    };
    input.train(*model, {.epochs = options_.epochs,
                         .rate_factor = options_.rate_factor,
                         .holds_zeros = input.network.holds_zeros,
                         .before_step = prepare,
                         .is_alike = false,
                         .keeps_last = true});
    const auto trained = model->copy();
    trained->eval();
    return {{trained, std::make_shared<QuantizedNetwork>(trained, rounding->rounding(), quantize),
             input.network.holds_zeros},
            describe(quantize)};
  }

 private:
  std::shared_ptr<FakeQuantization> attach(models::Model& model, const StepInput& input,
                                           const QuantizeOptions& quantize) const {
    auto measure = quantize;
    measure.range.percentile = options_.percentile;
    measure.range.method = find_range_method(options_.range);
    measure.num_at_once = std::min(input.num_at_once, options_.calibration_batch);
    const QuantizedNetwork measured(input.network.model, input.calibration_images(options_.calibration_images),
                                    measure);
    return FakeQuantization::attach(model, measured,
                                    {.ranges = find_range_training(options_.ranges),
                                     .max_level = quantize.range.max_level,
                                     .largest_grouped_weight = quantize.largest_grouped_weight});
  }

  // `share` of the steps are done. All of this follows from it alone, so that a resumed training goes on alike.
  void prepare_step(const models::Model& model, FakeQuantization& rounding, double share) const {
    const auto start = static_cast<double>(options_.start_epoch - 1) / static_cast<double>(options_.epochs);
    rounding.set_rounding(share >= start);
    rounding.set_frozen(share >= options_.freeze_ranges_at);
    rounding.limit_scales();
    if (share < options_.freeze_norm_at) return;
    for (const auto& node : model.graph()) {
      if (node.batch_norm) node.batch_norm.ptr()->eval();
    }
  }

  std::vector<std::pair<std::string, std::string>> describe(const QuantizeOptions& quantize) const {
    return {{"engine", options_.engine},
            {"epochs", fmt::format("{}", options_.epochs)},
            {"rate_factor", fmt::format("{}", options_.rate_factor)},
            {"ranges", fmt::format("{}, from {}", options_.ranges, options_.range)},
            {"weights", fmt::format("int8 per channel, depthwise up to {}", quantize.largest_grouped_weight)},
            {"activations", fmt::format("uint8 per tensor, {} levels", quantize.range.max_level + 1)}};
  }

  QatOptions options_;
};

}  // namespace

ASSAY_STEP(qat, Qat, QatOptions)

}  // namespace assay::compress
