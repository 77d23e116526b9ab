// State_dicts that are damaged, or made to harm.

#include <caffe2/serialize/inline_container.h>
#include <torch/torch.h>

#include <cmath>
#include <fstream>
#include <limits>

#include "expect_error.h"
#include "models/model_section.h"
#include "models/pickle.h"
#include "models/pickles.h"
#include "models/state_dict.h"
#include "models/state_dict_layout.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

constexpr auto kMost = std::numeric_limits<std::int64_t>::max();

class BadWeightsTest : public ::testing::Test {
 protected:
  /// Writes an archive as torch.save would, whose storage "0" holds `values`.
  std::filesystem::path write_archive(const std::string& pickle, const std::vector<float>& values) {
    auto path = folder_.path() / "weights.pth";
    caffe2::serialize::PyTorchStreamWriter writer(path.string());
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeRecord("data/0", values.data(), values.size() * sizeof(float));
    writer.writeEndOfFile();
    return path;
  }

  void expect_refused(const std::string& value, const std::string& why) {
    const auto file = write_archive(pickled_dict(pickled_string("a") + value), {1.0F, 2.0F, 3.0F});
    EXPECT_ERROR(read_state_dict(file), kData, why);
    EXPECT_ERROR(read_state_dict(file), kData, "weights.pth");
  }

  TemporaryFolder folder_;
};

TEST_F(BadWeightsTest, NaNAndInfinityAreReportedByName) {
  const auto model = make_model(small_image_model(), 10, 1);
  for (const float value : {std::nanf(""), std::numeric_limits<float>::infinity()}) {
    const auto file = write_archive(pickled_dict(pickled_string("classifier.3.bias") + pickled_tensor(10, 10)),
                                    std::vector<float>(10, value));
    EXPECT_ERROR(load_weights(*model, file), kData, "classifier.3.bias: holds NaN or infinity");
  }
  EXPECT_TRUE(model->named_parameters()["classifier.3.bias"].isfinite().all().item<bool>());
}

TEST_F(BadWeightsTest, CodeIsRefusedAndNeverRun) {
  const auto marker = folder_.path() / "executed";
  const auto arguments = std::string("(") + pickled_string("touch " + marker.string()) + "t";
  for (const auto* function : {"posix\nsystem", "os\nsystem", "builtins\neval", "torch.hub\nload", "torch\nload"}) {
    for (const auto* call : {"R", "\x81"}) {
      const auto code = std::string("c") + function + "\n" + arguments + call;
      expect_refused(code, "which may be any code; nothing was called");
      expect_refused(code, "torch.save(model.state_dict(), path)");
      // Also beside weights that are whole, and where the result is dropped.
      expect_refused(pickled_tensor(3, 3) + pickled_string("b") + code, "nothing was called");
      expect_refused(code + "0" + pickled_tensor(3, 3), "nothing was called");
    }
  }
  EXPECT_FALSE(std::filesystem::exists(marker));
}

TEST_F(BadWeightsTest, NamesWhatWouldBeCalled) {
  expect_refused("cos\nsystem\n(tR", "Python would call os.system to load it");
  expect_refused("c\x1b[2J\n" + std::string(200, 'x') + "\n(tR", "Python would call ?[2J.xxx");
}

// INST, OBJ, NEWOBJ_EX, STACK_GLOBAL, EXT1, EXT2, EXT4 and PERSID: all other opcodes that can name or call something.
TEST_F(BadWeightsTest, NoOtherOpcodeCanCall) {
  for (const std::string code : {"(ios\nsystem\n", "(cos\nsystem\no", "cos\nsystem\n)}\x92", "\x93", "\x82\x01",
                                 "\x83\x01\x01", "\x84\x01\x01\x01\x01", "Pid\n"}) {
    expect_refused(code, "is not one that torch.save writes");
  }
  expect_refused("cargparse\nNamespace\n)R)R", "it calls what is no function");
}

TEST_F(BadWeightsTest, OptionsOfATrainingAreNoCode) {
  const auto options = pickled_string("args") + "cargparse\nNamespace\n)\x81}b";
  const auto file =
      write_archive(pickled_dict(options + pickled_string("a") + pickled_tensor(3, 3)), {1.0F, 2.0F, 3.0F});
  EXPECT_EQ(read_state_dict(file).at(0).first, "a");
}

TEST_F(BadWeightsTest, NoViewReachesOutOfItsStorage) {
  const auto storage = pickled_storage("0", 3);
  const auto expect = [&](std::int64_t offset, const std::vector<std::int64_t>& sizes,
                          const std::vector<std::int64_t>& strides) {
    expect_refused(pickled_view(storage, offset, sizes, strides), "larger than its storage");
  };
  expect(1, {3}, {1});
  expect(3, {1}, {1});
  expect(4, {0}, {1});
  expect(-1, {1}, {1});
  expect(kMost, {2}, {1});
  expect(0, {2}, {kMost});
  expect(1, {2, 2}, {kMost, kMost});
  expect(0, {kMost, kMost}, {2, 4});
  expect(0, {kMost, kMost}, {0, 0});
  expect(0, {0, kMost, kMost}, {1, 1, 1});
  expect_refused(pickled_view(storage, 0, {-1}, {1}), "negative size or stride");
  expect_refused(pickled_view(storage, 2, {2}, {-1}), "negative size or stride");
  expect_refused(pickled_view(storage, 0, {1}, {1, 1}), "impossible rank");
  expect_refused(pickled_view(storage, 0, std::vector<std::int64_t>(9, 1), std::vector<std::int64_t>(9, 1)),
                 "impossible rank");
}

TEST_F(BadWeightsTest, ViewsThatFitAreRead) {
  const auto read = [&](const std::string& view) {
    return read_state_dict(write_archive(pickled_dict(pickled_string("a") + view), {1.0F, 2.0F, 3.0F})).at(0).second;
  };
  const auto storage = pickled_storage("0", 3);
  EXPECT_TRUE(torch::equal(read(pickled_view(storage, 1, {2}, {1})), torch::tensor({2.0F, 3.0F})));
  EXPECT_TRUE(torch::equal(read(pickled_view(storage, 0, {2}, {2})), torch::tensor({1.0F, 3.0F})));
  EXPECT_TRUE(torch::equal(read(pickled_view(storage, 2, {}, {})), torch::tensor(3.0F)));
  EXPECT_EQ(read(pickled_view(pickled_storage("0", 0), 0, {0, 4}, {4, 1})).sizes(), (std::vector<std::int64_t>{0, 4}));
}

TEST_F(BadWeightsTest, StoragesClaimNoMoreThanThereIs) {
  expect_refused(pickled_view(pickled_storage("0", kMost), 0, {1}, {1}), "storage 0 claims");
  expect_refused(pickled_view(pickled_storage("0", -1), 0, {0}, {1}), "storage 0 claims -1 elements");
  expect_refused(pickled_view(pickled_storage("0", kMost / 4), 0, {1}, {1}), "storage 0 claims");
  expect_refused(pickled_view(pickled_storage("0", 4), 0, {1}, {1}), "too few for 4 elements of 4");
  expect_refused(pickled_view(pickled_storage("0", 3, "Evil"), 0, {1}, {1}), "unknown type torch.EvilStorage");
  expect_refused(pickled_view(pickled_storage("1", 3), 0, {1}, {1}), "bad weights file");
  expect_refused(pickled_tensor(3, 3) + pickled_string("b") + pickled_tensor(2, 2), "named with two sizes or types");
}

TEST_F(BadWeightsTest, APickleHasBoundedMemory) {
  const auto many = std::string(4'000'001, 'N');
  PickleReader large(many);
  EXPECT_ERROR(large.read(), kData, "more than 4000000 values");
}

// Sizes, offsets, names and methods of all entries, their headers and the directory among them.
TEST_F(BadWeightsTest, SurvivesEveryChangedByteOfAnArchive) {
  const auto file = write_archive(pickled_dict(pickled_string("a") + pickled_tensor(3, 3)), {1.0F, 2.0F, 3.0F});
  std::ifstream stream(file, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char byte : {'\0', '\x08', '\x7f', '\xff'}) {
      auto changed = whole;
      changed[i] = byte;
      try {
        read_state_dict(folder_.write("changed.pth", changed));
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

TEST_F(BadWeightsTest, TheDirectoryMayNotClaimALongerEntry) {
  const auto file = write_archive(pickled_dict(pickled_string("a") + pickled_tensor(3, 3)), {1.0F, 2.0F, 3.0F});
  std::ifstream stream(file, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), {});
  const auto directory = bytes.find("PK\x01\x02");
  ASSERT_NE(directory, std::string::npos);
  const auto entry = bytes.rfind("PK\x01\x02", bytes.find("data/0", directory));
  const std::uint32_t claimed = 100'000;
  for (const auto place : {20, 24})
    std::memcpy(&bytes[entry + static_cast<std::size_t>(place)], &claimed, sizeof(claimed));
  EXPECT_ERROR(read_state_dict(folder_.write("claims.pth", bytes)), kData, "claims.pth");
}

std::string old_form(const std::string& object, const std::string& keys, const std::string& storages) {
  return "\x80\x02N.\x80\x02N.\x80\x02N." + object + "\x80\x02](" + keys + "e." + storages;
}

std::string stored(std::int64_t count, const std::vector<float>& values) {
  std::string bytes(sizeof(count) + values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), &count, sizeof(count));
  std::memcpy(bytes.data() + sizeof(count), values.data(), values.size() * sizeof(float));
  return bytes;
}

TEST(OldStateDictTest, EveryStorageIsThereOnce) {
  const auto object = pickled_dict(pickled_string("a") + pickled_tensor(2, 2));
  const auto key = pickled_string("0");
  const auto whole = parse_old_form(old_form(object, key, stored(2, {1.0F, 2.0F})));
  EXPECT_EQ(whole.storages.at("0").size(), 8U);
  EXPECT_ERROR(parse_old_form(old_form(object, key, stored(2, {1.0F}))), kData, "ends too early");
  EXPECT_ERROR(parse_old_form(old_form(object, key, stored(3, {1.0F, 2.0F, 3.0F}))), kData, "has 3 elements, not 2");
  EXPECT_ERROR(parse_old_form(old_form(object, key, stored(-1, {}))), kData, "has -1 elements");
  EXPECT_ERROR(parse_old_form(old_form(object, "", "")), kData, "storage 0 of tensor a is missing");
  EXPECT_ERROR(parse_old_form(old_form(object, pickled_string("1"), stored(2, {1.0F, 2.0F}))), kData,
               "not named before");
  EXPECT_ERROR(parse_old_form(old_form(object, key + key, stored(2, {1.0F, 2.0F}) + stored(2, {1.0F, 2.0F}))), kData,
               "is there twice");
  EXPECT_ERROR(parse_old_form(old_form(object, "N", "")), kData, "list of storages is malformed");
}

}  // namespace
}  // namespace assay::models
