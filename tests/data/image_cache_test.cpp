#include "data/image_cache.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <atomic>
#include <thread>

#include "core/error.h"
#include "data/loader.h"
#include "data/split.h"
#include "expect_error.h"

namespace assay::data {
namespace {

/// Images of different sizes that count how often they are read.
class CountingSource final : public Source {
 public:
  explicit CountingSource(std::int64_t count) : labels_(torch::arange(count)) {}

  const at::Tensor& labels() const override { return labels_; }
  bool decodes() const override { return true; }
  at::Tensor read(std::int64_t place, ImageSize /*needed*/) const override {
    ++num_reads;
    if (place == unreadable) throw Error(ErrorKind::kData, "damaged");
    const auto bytes = torch::arange(3 * (20 + place) * 30) % (17 + place);
    return bytes.to(torch::kByte).view({3, 20 + place, 30});
  }

  mutable std::atomic<int> num_reads = 0;
  std::atomic<std::int64_t> unreadable = -1;

 private:
  at::Tensor labels_;
};

const Preprocessing kPreprocessing{{16, 16}, {{0.5F, 0.5F, 0.5F}, {0.25F, 0.25F, 0.25F}}};

std::vector<at::Tensor> epoch_of(Loader loader, std::int64_t epoch) {
  std::vector<at::Tensor> images;
  loader.start_epoch(epoch);
  while (const auto batch = loader.next()) images.push_back(batch->images);
  return images;
}

TEST(ImageCacheTest, GivesTheBitsOfTheSource) {
  const Samples plain{std::make_shared<CountingSource>(12), {3, 5, 7, 11}};
  const auto kept = kept_in_memory(plain, kPreprocessing);
  LoadingOptions options;
  options.augment = {"flip", "color_jitter"};
  options.loader.keep_partial_batch = true;
  for (const auto epoch : {0, 1, 0}) {
    EXPECT_TRUE(torch::equal(torch::cat(epoch_of(Loader::for_evaluation(kept, kPreprocessing, 3), epoch)),
                             torch::cat(epoch_of(Loader::for_evaluation(plain, kPreprocessing, 3), epoch))));
    EXPECT_TRUE(torch::equal(torch::cat(epoch_of(Loader::for_training(kept, kPreprocessing, options, 2, 1), epoch)),
                             torch::cat(epoch_of(Loader::for_training(plain, kPreprocessing, options, 2, 1), epoch))));
  }
}

TEST(ImageCacheTest, ReadsEachImageOnceFromManyThreads) {
  const auto source = std::make_shared<CountingSource>(40);
  const auto kept = kept_in_memory({source, all_places(40)}, kPreprocessing);
  std::vector<std::thread> readers;
  for (int reader = 0; reader < 4; ++reader) {
    readers.emplace_back([&] {
      for (const auto place : kept.places) kept.source->read(place, kPreprocessing.size);
    });
  }
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(source->num_reads, 40);
}

TEST(ImageCacheTest, KeepsNoFailure) {
  const auto source = std::make_shared<CountingSource>(2);
  const auto kept = kept_in_memory({source, {0, 1}}, kPreprocessing);
  source->unreadable = 1;
  EXPECT_ERROR(kept.source->read(1, kPreprocessing.size), kData, "damaged");
  source->unreadable = -1;
  EXPECT_EQ(kept.source->read(1, kPreprocessing.size).sizes(), (at::IntArrayRef{3, 16, 16}));
}

TEST(ImageCacheTest, PassesOnWhatIsNotAmongItsSamples) {
  const auto source = std::make_shared<CountingSource>(3);
  const auto kept = kept_in_memory({source, {0}}, kPreprocessing);
  EXPECT_EQ(kept.source->read(2, kPreprocessing.size).sizes(), (at::IntArrayRef{3, 22, 30}));
  EXPECT_EQ(kept.source->read_with_size(0, kPreprocessing.size).pixels.sizes(), (at::IntArrayRef{3, 20, 30}));
}

}  // namespace
}  // namespace assay::data
