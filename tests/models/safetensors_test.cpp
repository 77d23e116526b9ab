#include "models/safetensors.h"

#include <torch/torch.h>

#include <cstring>
#include <fstream>

#include "expect_error.h"
#include "golden/run_python.h"
#include "small_files.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

/// Returns the bytes of a file with this header, followed by `data`.
std::string file_of(const std::string& header, const std::string& data) {
  const std::uint64_t size = header.size();
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  return bytes + header + data;
}

class SafetensorsTest : public ::testing::Test {
 protected:
  void expect_refused(const std::string& bytes, const std::string& why) {
    const auto file = folder_.write("bad.safetensors", bytes);
    EXPECT_ERROR(read_safetensors(file), kData, "bad.safetensors");
    EXPECT_ERROR(read_safetensors(file), kData, why);
  }

  TemporaryFolder folder_;
};

TEST_F(SafetensorsTest, ReadsWhatPythonWrites) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto file = folder_.path() / "python.safetensors";
  ASSERT_TRUE(run_python("safetensors_files.py", "write " + file.string()));
  const auto content = read_safetensors(file);
  EXPECT_EQ(content.metadata.at("author"), "Zoë");
  std::map<std::string, at::Tensor> tensors(content.tensors.begin(), content.tensors.end());
  ASSERT_EQ(tensors.size(), 6U);
  EXPECT_TRUE(torch::equal(tensors["float"], torch::arange(6, torch::kFloat).reshape({2, 3}) / 4));
  EXPECT_TRUE(torch::equal(tensors["half"], torch::tensor({1.5, -2.0}, torch::kHalf)));
  EXPECT_TRUE(torch::equal(tensors["bfloat"], torch::tensor({{0.5}}, torch::kBFloat16)));
  EXPECT_TRUE(torch::equal(tensors["count"], torch::tensor(7, torch::kLong)));
  EXPECT_TRUE(torch::equal(tensors["flags"], torch::tensor({true, false})));
  EXPECT_EQ(tensors["empty"].sizes(), (std::vector<std::int64_t>{0, 4}));
}

TEST_F(SafetensorsTest, WritesWhatPythonReads) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto file = folder_.path() / "ours.safetensors";
  write_safetensors(file, {{{"b", torch::tensor({1.5, 2.5}, torch::kFloat)},
                            {"a", torch::tensor({{1}, {2}}, torch::kLong).t()},
                            {"scalar", torch::tensor(3.0, torch::kDouble)}},
                           {{"note", "two\nlines"}}});
  EXPECT_EQ(run_python("safetensors_files.py", "read " + file.string()),
            "{'note': 'two\\nlines'}\na torch.int64 [1, 2] [1, 2]\nb torch.float32 [2] [1.5, 2.5]\n"
            "scalar torch.float64 [] [3.0]\n");
}

TEST_F(SafetensorsTest, RefusesFilesThatAreNotWhole) {
  expect_refused("", "ends too early");
  expect_refused("1234567", "ends too early");
  expect_refused(std::string(8, '\xff'), "header claims 18446744073709551615 bytes");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "123"),
                 "tensor a is larger than the file");
  EXPECT_ERROR(read_safetensors(folder_.path() / "absent.safetensors"), kData, "absent.safetensors");
}

TEST_F(SafetensorsTest, RefusesMalformedHeaders) {
  expect_refused(file_of("{", ""), "not valid JSON");
  expect_refused(file_of("[1]", ""), "bad safetensors file");
  expect_refused(file_of(R"({"a":1})", ""), "bad safetensors file");
  expect_refused(file_of(R"({"__metadata__":{"a":1}})", ""), "bad safetensors file");
  const auto tensor = [](const std::string& type, const std::string& shape, const std::string& offsets) {
    return file_of(R"({"a":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
                   "12345678");
  };
  expect_refused(tensor("F4", "[1]", "[0,4]"), "type F4");
  expect_refused(tensor("F32", "[1]", "[0,8]"), "its shape wants 4");
  expect_refused(tensor("F32", "[-1]", "[0,4]"), "tensor a has the number -1");
  expect_refused(tensor("F32", "[1.5]", "[0,4]"), "does not know at \"shape\"");
  expect_refused(tensor("F32", "[18446744073709551615]", "[0,4]"), "larger than the file");
  expect_refused(tensor("F32", "[1,1,1,1,1,1,1,1,1]", "[0,4]"), "too many numbers");
  expect_refused(tensor("F32", "[1]", "[0,4],\"more\":[]"), "does not know at \"more\"");
  expect_refused(tensor("F32", "[[1]]", "[0,4]"), "does not know");
  expect_refused(file_of(R"({"a":{"dtype":"F32","shape":[]}})", "1234"), "a needs a dtype, a shape and two");
  expect_refused(tensor("F32", "[4611686018427387904,4]", "[0,0]"), "larger than the file");
  expect_refused(tensor("F32", "[1]", "[8,4]"), "bytes 8 to 4");
  expect_refused(tensor("F32", "[1]", "[0]"), "bad safetensors file");
  expect_refused(tensor("F32", R"(["x"])", "[0,4]"), "bad safetensors file");
}

TEST_F(SafetensorsTest, RefusesTensorsThatOverlap) {
  expect_refused(file_of(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                         R"("b":{"dtype":"U8","shape":[4],"data_offsets":[3,7]}})",
                         "1234567"),
                 "a and b overlap");
}

TEST_F(SafetensorsTest, RefusesOneNameTwice) {
  expect_refused(file_of(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                         R"("a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}})",
                         "12"),
                 "the header has a twice");
  expect_refused(file_of(R"({"a":{"dtype":"U8","dtype":"I8","shape":[1],"data_offsets":[0,1]}})", "1"),
                 "the header has dtype twice");
  expect_refused(file_of(R"({"__metadata__":{"author":"x","author":"y"}})", ""), "the header has author twice");
}

// The file is sparse and takes no room on the disk; that its header is zeros would be told if it were read.
TEST_F(SafetensorsTest, RefusesAHeaderAboveTheFormatsLimitUnread) {
  auto bytes = file_of("", "");
  const std::uint64_t claimed = 100'000'001;
  std::memcpy(bytes.data(), &claimed, sizeof(claimed));
  const auto file = folder_.write("header.safetensors", bytes);
  std::filesystem::resize_file(file, 200'000'000);
  EXPECT_ERROR(read_safetensors(file), kData, "its header claims 100000001 bytes; the format allows 100000000");
}

TEST_F(SafetensorsTest, SurvivesEveryChangedByte) {
  const auto whole = file_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "12345678");
  const auto file = folder_.path() / "changed.safetensors";
  for (std::size_t i = 0; i < whole.size() - 8; ++i) {
    for (const char byte : std::string("\0\1\t\",09[{}\x7f\x80\xff", 13)) {
      auto changed = whole;
      changed[i] = byte;
      std::ofstream(file, std::ios::binary) << changed;
      try {
        read_safetensors(file);
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

TEST_F(SafetensorsTest, KeepsTheEarlierFileWhereTheDiskIsFull) {
  const auto file = folder_.path() / "kept.safetensors";
  write_safetensors(file, {{{"a", torch::ones({2})}}, {}});
  {
    const SmallFiles small;
    EXPECT_ERROR(write_safetensors(file, {{{"a", torch::ones({1000})}}, {}}), kData, "kept.safetensors");
  }
  EXPECT_EQ(read_safetensors(file).tensors.at(0).second.numel(), 2);
}

}  // namespace
}  // namespace assay::models
