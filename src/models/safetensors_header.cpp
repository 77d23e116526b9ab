#include "models/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <set>
#include <utility>

#include "core/error.h"
#include "core/json.h"

namespace assay::models {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::uint64_t kMostHeaderBytes = 100'000'000;
constexpr auto kMetadata = "__metadata__";

[[noreturn]] void fail(const std::string& what) { throw Error(ErrorKind::kData, what); }

ElementType find_type(const std::string& name) {
  for (std::size_t i = 0; i < kElementRows.size(); ++i) {
    if (name == kElementRows[i].safetensors) return static_cast<ElementType>(i);
  }
  fail(fmt::format("tensors of type {} cannot be read", name));
}

/// Reads the header as it is parsed: a tree of hostile JSON would take many times the memory of its text, and would
/// keep one of two equal names.
class HeaderReader final : public nlohmann::json_sax<Json> {
 public:
  explicit HeaderReader(std::uint64_t num_bytes) : num_bytes_(num_bytes) {}

  SafetensorsHeader take() { return std::move(header_); }

  bool start_object(std::size_t /*elements*/) override {
    if (depth_ == 2 || in_list_) refuse();
    if (++depth_ == 2) begin_place();
    return true;
  }

  bool key(std::string& key) override {
    auto& earlier = depth_ == 1 ? names_ : fields_;
    if (!earlier.insert(key).second) fail(fmt::format("the header has {} twice", key));
    (depth_ == 1 ? name_ : field_) = std::move(key);
    return true;
  }

  bool end_object() override {
    if (depth_-- == 2 && name_ != kMetadata) finish_place();
    return true;
  }

  bool start_array(std::size_t /*elements*/) override {
    if (!is_in_tensor() || in_list_ || (field_ != "shape" && field_ != "data_offsets")) refuse();
    in_list_ = true;
    return true;
  }

  bool end_array() override {
    in_list_ = false;
    return true;
  }

  bool string(std::string& value) override {
    if (depth_ != 2 || in_list_) refuse();
    if (name_ == kMetadata) {
      header_.metadata[field_] = std::move(value);
    } else {
      if (field_ != "dtype") refuse();
      place_.type = find_type(value);
    }
    return true;
  }

  bool number_unsigned(std::uint64_t value) override {
    if (!in_list_) refuse();
    if (value > std::numeric_limits<std::int64_t>::max()) fail(fmt::format("tensor {} is larger than the file", name_));
    auto& numbers = field_ == "shape" ? place_.shape : offsets_;
    if (numbers.size() == kMostSides) fail(fmt::format("tensor {} has a list of too many numbers", name_));
    numbers.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool number_integer(std::int64_t value) override { fail(fmt::format("tensor {} has the number {}", name_, value)); }
  bool number_float(double /*value*/, const std::string& /*text*/) override { refuse(); }
  bool null() override { refuse(); }
  bool boolean(bool /*value*/) override { refuse(); }
  bool binary(Json::binary_t& /*value*/) override { refuse(); }

  bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& error) override {
    fail(fmt::format("the header is not valid JSON at byte {}: {}", position, error.what()));
  }

 private:
  bool is_in_tensor() const { return depth_ == 2 && name_ != kMetadata; }

  [[noreturn]] void refuse() const {
    fail(fmt::format("the header has what the format does not know at \"{}\"", depth_ == 2 ? field_ : name_));
  }

  void begin_place() {
    fields_.clear();
    offsets_.clear();
    place_ = {};
    place_.name = name_;
  }

  void finish_place() {
    if (fields_ != std::set<std::string>{"data_offsets", "dtype", "shape"} || offsets_.size() != 2) {
      fail(fmt::format("tensor {} needs a dtype, a shape and two data_offsets", name_));
    }
    place_.begin = static_cast<std::uint64_t>(offsets_[0]);
    place_.end = static_cast<std::uint64_t>(offsets_[1]);
    auto size = static_cast<std::uint64_t>(row_of(place_.type).num_bytes);
    for (const auto side : place_.shape) {
      const auto factor = static_cast<std::uint64_t>(side);
      if (factor > 0 && size > num_bytes_ / factor) fail(fmt::format("tensor {} is larger than the file", name_));
      size *= factor;
    }
    if (place_.begin > place_.end || place_.end > num_bytes_ || place_.end - place_.begin != size) {
      fail(fmt::format("tensor {} has bytes {} to {} of {}, and its shape wants {}", name_, place_.begin, place_.end,
                       num_bytes_, size));
    }
    header_.tensors.push_back(std::move(place_));
  }

  std::uint64_t num_bytes_;
  SafetensorsHeader header_;
  int depth_ = 0;  // 1 in the header, 2 in a tensor or the metadata
  bool in_list_ = false;
  std::set<std::string> names_, fields_;
  std::string name_, field_;
  TensorPlace place_;
  std::vector<std::int64_t> offsets_;
};

void check_order(std::vector<TensorPlace>& places) {
  std::sort(places.begin(), places.end(), [](const auto& left, const auto& right) {
    return std::pair(left.begin, left.end) < std::pair(right.begin, right.end);
  });
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i].begin < places[i - 1].end) {
      fail(fmt::format("tensors {} and {} overlap", places[i - 1].name, places[i].name));
    }
  }
}

}  // namespace

std::uint64_t parse_header_size(std::string_view first_bytes, std::uint64_t file_size) {
  std::uint64_t size = 0;
  if (first_bytes.size() < kHeaderSizeBytes || file_size < kHeaderSizeBytes) fail("it ends too early");
  std::memcpy(&size, first_bytes.data(), sizeof(size));
  if (size > kMostHeaderBytes) {
    fail(fmt::format("its header claims {} bytes; the format allows {}", size, kMostHeaderBytes));
  }
  if (size > file_size - kHeaderSizeBytes) fail(fmt::format("its header claims {} bytes; it ends too early", size));
  return size;
}

SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t num_bytes) {
  HeaderReader reader(num_bytes);
  Json::sax_parse(json, &reader);
  auto header = reader.take();
  check_order(header.tensors);
  return header;
}

}  // namespace assay::models
