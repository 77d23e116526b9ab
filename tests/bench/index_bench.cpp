// Measures how long a tree of image files takes to be indexed: bench_index [images=75000]. Makes a tree of empty files
// of 100 classes, opens it as image_folder and computes its digest, six times: at first all files are read, then the
// digests are remembered and only names, sizes and times are looked at. Writes one Markdown row a round.

#include <fmt/format.h>
#include <stdlib.h>

#include <cstdlib>

#include "core/clock.h"
#include "data/data_section.h"
#include "data/dataset.h"
#include "temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace assay;

constexpr int kNumClasses = 100, kNumRounds = 6, kTestShare = 5;

// A digest is remembered of files that were not written a moment ago.
void write_tree(const TemporaryFolder& folder, int num_images) {
  const auto an_hour_ago = fs::file_time_type::clock::now() - std::chrono::hours(1);
  for (int i = 0; i < num_images; ++i) {
    const auto* split = i / kNumClasses % kTestShare == 0 ? "test" : "train";
    const auto file = folder.write(fmt::format("{}/class_{:02}/image_{:06}.jpg", split, i % kNumClasses, i), "");
    fs::last_write_time(file, an_hour_ago);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto num_images = argc > 1 ? std::atoi(argv[1]) : 75'000;
  if (num_images < 2 * kNumClasses * kTestShare) {
    fmt::print(stderr, "usage: bench_index [images], at least {}\n", 2 * kNumClasses * kTestShare);
    return 2;
  }
  const TemporaryFolder images, cache;
  ::setenv("XDG_CACHE_HOME", cache.path().c_str(), 1);
  write_tree(images, num_images);
  const auto section =
      data::data_section(fmt::format("name = \"image_folder\"\nfolder = \"{}\"", images.path().string()));
  fmt::print("| images | listed in ms | digest in ms |\n|---|---|---|\n");
  for (int round = 0; round < kNumRounds; ++round) {
    const Stopwatch watch;
    const auto dataset = data::make_dataset(section);
    const auto listed = watch.seconds();
    const auto digest = dataset->digest();
    fmt::print("| {} | {:.0f} | {:.0f} |\n", num_images, 1e3 * listed, 1e3 * (watch.seconds() - listed));
  }
  return 0;
}
