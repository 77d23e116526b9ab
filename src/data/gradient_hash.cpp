#include "data/gradient_hash.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <unordered_map>
#include <utility>

#include "core/stop.h"
#include "data/image_file.h"

namespace assay::data {
namespace {

constexpr std::int64_t kBits = 64;

// Is one of `num_blocks` parts of the bits. Hashes that differ in fewer bits than there are parts share one of them.
struct Block {
  std::int64_t shift;
  std::uint64_t mask;

  Block(std::int64_t number, std::int64_t num_blocks)
      : shift(kBits * number / num_blocks),
        mask(num_blocks == 1 ? ~0ULL : (1ULL << (kBits * (number + 1) / num_blocks - shift)) - 1) {}

  std::uint64_t of(std::uint64_t hash) const { return hash >> shift & mask; }
};

class Search {
 public:
  Search(const std::vector<std::uint64_t>& hashes, std::int64_t max_distance)
      : hashes_(hashes), max_distance_(max_distance), nearest_(hashes.size()) {
    for (std::size_t i = 0; i < hashes.size(); ++i) nearest_[i].distance = max_distance + 1;
  }

  std::vector<NearPair> run() {
    auto different = join_equal();
    for (std::int64_t number = 0; number <= max_distance_; ++number) {
      compare_within(Block(number, max_distance_ + 1), different);
    }
    std::vector<NearPair> found;
    for (const auto& pair : nearest_) {
      if (pair.distance <= max_distance_) found.push_back(pair);
    }
    return found;
  }

 private:
  // Pairs each image with the first of the same hash, since comparing all of a large group would take long. Returns the
  // first ones.
  std::vector<std::int64_t> join_equal() {
    std::unordered_map<std::uint64_t, std::int64_t> first_with;
    std::vector<std::int64_t> different;
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(hashes_.size()); ++i) {
      if (hash(i) == 0) continue;
      const auto [first, is_new] = first_with.try_emplace(hash(i), i);
      if (is_new) {
        different.push_back(i);
      } else {
        nearest_[static_cast<std::size_t>(i)] = {i, first->second, 0};
      }
    }
    return different;
  }

  void compare_within(const Block& block, std::vector<std::int64_t>& images) {
    std::sort(images.begin(), images.end(), [&](std::int64_t a, std::int64_t b) {
      return std::pair(block.of(hash(a)), a) < std::pair(block.of(hash(b)), b);
    });
    for (auto first = images.begin(); first != images.end();) {
      throw_if_stopped();
      const auto last = std::find_if(first, images.end(),
                                     [&](std::int64_t i) { return block.of(hash(i)) != block.of(hash(*first)); });
      for (auto image = first; image != last; ++image) {
        for (auto earlier = first; earlier != image; ++earlier) compare(*image, *earlier);
      }
      first = last;
    }
  }

  void compare(std::int64_t image, std::int64_t earlier) {
    const std::int64_t distance = std::popcount(hash(image) ^ hash(earlier));
    auto& nearest = nearest_[static_cast<std::size_t>(image)];
    const bool is_first = distance == nearest.distance && earlier < nearest.earlier;
    if (distance < nearest.distance || (is_first && distance <= max_distance_)) nearest = {image, earlier, distance};
  }

  std::uint64_t hash(std::int64_t i) const { return hashes_[static_cast<std::size_t>(i)]; }

  const std::vector<std::uint64_t>& hashes_;
  std::int64_t max_distance_;
  std::vector<NearPair> nearest_;
};

}  // namespace

std::uint64_t gradient_hash(const at::Tensor& image) {
  constexpr std::int64_t kSide = 8;
  const auto small = scale_image(image, {kSide, kSide + 1});
  const auto* first = small.const_data_ptr<std::uint8_t>();
  const auto grey = [&](std::int64_t row, std::int64_t column) {
    const auto* pixel = first + row * small.stride(1) + column * small.stride(2);
    return 299 * pixel[0] + 587 * pixel[small.stride(0)] + 114 * pixel[2 * small.stride(0)];  // ITU-R BT.601
  };
  std::uint64_t hash = 0;
  for (std::int64_t row = 0; row < kSide; ++row) {
    for (std::int64_t column = 0; column < kSide; ++column) {
      hash = hash << 1 | static_cast<std::uint64_t>(grey(row, column) > grey(row, column + 1));
    }
  }
  return hash;
}

std::vector<NearPair> find_near(const std::vector<std::uint64_t>& hashes, std::int64_t max_distance) {
  return Search(hashes, max_distance).run();
}

}  // namespace assay::data
