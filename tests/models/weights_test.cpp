#include "models/weights.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/torch.h>

#include <fstream>

#include "expect_error.h"
#include "golden/run_python.h"
#include "models/model_section.h"
#include "models/pickle.h"
#include "models/pickles.h"
#include "models/safetensors.h"
#include "models/state_dict.h"
#include "temporary_folder.h"

namespace assay::models {
namespace {

using std::string_literals::operator""s;

class WeightsTest : public ::testing::Test {
 protected:
  /// Writes an archive as torch.save would, whose storage "0" holds `num_floats` numbers.
  std::filesystem::path write_archive(const std::string& pickle, std::size_t num_floats) {
    auto path = folder_.path() / "weights.pth";
    caffe2::serialize::PyTorchStreamWriter writer(path.string());
    const std::vector<float> values(num_floats, 1.5F);
    writer.writeRecord("data.pkl", pickle.data(), pickle.size());
    writer.writeRecord("data/0", values.data(), num_floats * sizeof(float));
    writer.writeEndOfFile();
    return path;
  }

  TemporaryFolder folder_;
};

TEST_F(WeightsTest, ComputesWhatTorchvisionComputes) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_TRUE(run_python("mobilenet_v3_small.py", folder_.path().string()));
  std::map<std::string, at::Tensor> golden;
  for (const auto& [name, tensor] : read_state_dict(folder_.path() / "golden.pth")) golden[name] = tensor;
  for (const auto& [size, stride] : {std::pair<const char*, std::int64_t>{"224", 2}, {"32", 1}}) {
    const auto model = make_model(plugin_section("mobilenet_v3_small", {{"stem_stride", stride}}), 10, 1);
    load_weights(*model, folder_.path() / "weights.pth");
    model->eval();
    torch::NoGradGuard no_grad;
    const auto difference =
        model->forward(golden[std::string("input_") + size]) - golden[std::string("output_") + size];
    EXPECT_LE(difference.abs().max().item<double>(), 1e-5) << size << " pixels";
  }
}

TEST_F(WeightsTest, ReadsTheFormBeforePyTorch16) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  ASSERT_TRUE(run_python("mobilenet_v3_small.py", folder_.path().string()));
  const auto expected = read_state_dict(folder_.path() / "weights.pth"),
             old = read_state_dict(folder_.path() / "old.pth");
  ASSERT_EQ(old.size(), expected.size());
  for (std::size_t i = 0; i < old.size(); ++i) {
    EXPECT_EQ(old[i].first, expected[i].first);
    EXPECT_TRUE(torch::equal(old[i].second, expected[i].second)) << old[i].first;
  }
  const auto small = folder_.path() / "small_old.pth";
  EXPECT_TRUE(torch::equal(read_state_dict(small).at(0).second, torch::arange(6.0).reshape({2, 3}).t()));
  std::ifstream stream(small, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_ERROR(read_state_dict(folder_.write("cut.pth", whole.substr(0, length))), kData, "cut.pth");
  for (std::size_t i = 0; i < whole.size(); ++i) {
    for (const char byte : {'\0', '\1', '.', '(', '\x7f', '\xff'}) {
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

TEST_F(WeightsTest, ReplacesTheHeadForOtherClasses) {
  const auto file = (folder_.path() / "weights.safetensors").string();
  const auto trained = make_model(small_image_model(), 10, 1);
  save_model(*trained, file);
  const auto section = plugin_section(
      "mobilenet_v3_small", {{"stem_stride", std::int64_t{1}}, {"weights", file}, {"head", std::string("replace")}});
  const auto model = make_model(section, 7, 2);
  EXPECT_EQ(model->named_parameters()["classifier.3.bias"].numel(), 7);
  EXPECT_TRUE(torch::equal(model->parameters()[0], trained->parameters()[0]));
  EXPECT_TRUE(torch::equal(model->named_parameters()["classifier.0.weight"],
                           trained->named_parameters()["classifier.0.weight"]));
}

TEST_F(WeightsTest, ReadsTensorsByName) {
  const auto file = write_archive(pickled_dict(pickled_string("a.weight") + pickled_tensor(3, 3)), 3);
  const auto tensors = read_state_dict(file);
  ASSERT_EQ(tensors.size(), 1U);
  EXPECT_EQ(tensors[0].first, "a.weight");
  EXPECT_TRUE(torch::equal(tensors[0].second, torch::full({3}, 1.5F)));
}

TEST_F(WeightsTest, FindsTheStateDictInsideACheckpoint) {
  const auto inner = "}(" + pickled_string("a.weight") + pickled_tensor(3, 3) + "u";
  const auto file =
      write_archive(pickled_dict(pickled_string("epoch") + "K\5" + pickled_string("state_dict") + inner), 3);
  EXPECT_EQ(read_state_dict(file).at(0).first, "a.weight");
}

TEST_F(WeightsTest, ListsEveryMismatchAndChangesNothing) {
  const auto file = write_archive(pickled_dict(pickled_string("classifier.3.bias") + pickled_tensor(3, 3) +
                                               pickled_string("surplus") + pickled_tensor(3, 3)),
                                  3);
  const auto model = make_model(small_image_model(), 10, 1);
  EXPECT_ERROR(load_weights(*model, file), kData, "classifier.3.bias: has shape 3, the model wants 10");
  EXPECT_ERROR(load_weights(*model, file), kData, "surplus: the model has no such tensor");
  EXPECT_ERROR(load_weights(*model, file), kData, "features.1.block.1.fc2.bias: missing from the file");
  EXPECT_EQ(model->named_parameters()["classifier.3.bias"].abs().max().item<double>(), 0.0);
}

TEST_F(WeightsTest, LoadsSafetensors) {
  const auto trained = make_model(small_image_model(), 10, 1), model = make_model(small_image_model(), 10, 2);
  const auto file = folder_.path() / "weights.safetensors";
  save_model(*trained, file);
  load_weights(*model, file);
  auto tensors = model->named_parameters();
  for (const auto& parameter : trained->named_parameters()) {
    EXPECT_TRUE(torch::equal(tensors[parameter.key()], parameter.value())) << parameter.key();
  }
}

TEST_F(WeightsTest, DoesWithoutCountsOfBatches) {
  const auto trained = make_model(small_image_model(), 10, 1), model = make_model(small_image_model(), 10, 2);
  Safetensors content;
  for (const auto& parameter : trained->named_parameters()) {
    content.tensors.emplace_back(parameter.key(), parameter.value());
  }
  for (const auto& buffer : trained->named_buffers()) {
    if (!buffer.key().ends_with(".num_batches_tracked")) content.tensors.emplace_back(buffer.key(), buffer.value());
  }
  const auto file = folder_.path() / "weights.safetensors";
  write_safetensors(file, content);
  EXPECT_NO_THROW(load_weights(*model, file));
  EXPECT_TRUE(torch::equal(model->parameters()[0], trained->parameters()[0]));
}

TEST_F(WeightsTest, RefusesNaNAndInfinity) {
  const auto model = make_model(small_image_model(), 10, 1);
  const torch::NoGradGuard no_grad;
  for (const double value : {std::nan(""), std::numeric_limits<double>::infinity()}) {
    const auto broken = model->copy();
    broken->named_parameters()["classifier.3.bias"].fill_(value);
    const auto file = folder_.path() / "broken.safetensors";
    save_model(*broken, file);
    EXPECT_ERROR(load_weights(*model, file), kData, "classifier.3.bias: holds NaN or infinity");
    EXPECT_ERROR(load_model(file), kData, "classifier.3.bias: holds NaN or infinity");
  }
}

TEST_F(WeightsTest, ANetworkNeedsItsDescription) {
  const auto file = folder_.path() / "plain.safetensors";
  write_safetensors(file, {{{"a", torch::ones({2})}}, {}});
  EXPECT_ERROR(load_model(file), kData, "weights, but no description of their network");
  write_safetensors(file, {{}, {{"assay.graph", "{}"}}});
  EXPECT_ERROR(load_model(file), kData, "plain.safetensors");
}

TEST_F(WeightsTest, AreAnOptionOfEveryModel) {
  const auto trained = make_model(small_image_model(), 10, 1);
  const auto file = (folder_.path() / "weights.safetensors").string();
  save_model(*trained, file);
  const auto section = plugin_section("mobilenet_v3_small", {{"stem_stride", std::int64_t{1}}, {"weights", file}});
  const auto model = make_model(section, 10, 2);
  EXPECT_TRUE(torch::equal(model->parameters()[0], trained->parameters()[0]));
  EXPECT_EQ(weights_digest(section).size(), 64U);
  EXPECT_EQ(weights_digest(small_image_model()), "");
  EXPECT_ERROR(make_model(section, 7, 2), kData, "the model wants 7");
}

TEST_F(WeightsTest, RefusesFilesOfOtherKinds) {
  EXPECT_ERROR(read_state_dict(folder_.path() / "absent.pth"), kData, "absent.pth");
  EXPECT_ERROR(read_state_dict(folder_.path()), kData, "cannot read");
  EXPECT_ERROR(read_state_dict(folder_.write("text.pth", "hello")), kData, "not a PyTorch weights file");
  EXPECT_ERROR(read_state_dict(folder_.write("empty.pth", "")), kData, "not a PyTorch weights file");
  EXPECT_ERROR(read_state_dict(folder_.write("zip.pth", "PK\3\4 and nothing more")), kData, "bad weights file");
}

TEST_F(WeightsTest, RefusesTruncatedFilesAtAnyLength) {
  const auto file = write_archive(pickled_dict(pickled_string("a") + pickled_tensor(3, 3)), 3);
  std::ifstream stream(file, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  for (std::size_t length = 0; length < whole.size(); length += 7)
    EXPECT_ERROR(read_state_dict(folder_.write("cut.pth", whole.substr(0, length))), kData, "cut.pth");
}

TEST_F(WeightsTest, RefusesTensorsThatExceedTheirStorage) {
  const auto past_the_end = write_archive(pickled_dict(pickled_string("a") + pickled_tensor(3, 4)), 3);
  EXPECT_ERROR(read_state_dict(past_the_end), kData, "larger than its storage");
  const auto short_record = write_archive(pickled_dict(pickled_string("a") + pickled_tensor(9, 9)), 3);
  EXPECT_ERROR(read_state_dict(short_record), kData, "too few");
}

void read_pickle(const std::string& bytes) {
  PickleReader reader(bytes);
  reader.read();
}

TEST(PickleReaderTest, RefusesHostileInput) {
  EXPECT_ERROR(read_pickle(""), kData, "ends too early");
  EXPECT_ERROR(read_pickle("."), kData, "a value is missing");
  EXPECT_ERROR(read_pickle("i"), kData, "opcode 0x69");
  EXPECT_ERROR(read_pickle("X\xff\xff\xff\xff"), kData, "ends too early");
  EXPECT_ERROR(read_pickle("Nr\xff\xff\xff\xff"), kData, "memo index too large");
  EXPECT_ERROR(read_pickle("h\1"), kData, "memo entry not set");
  EXPECT_ERROR(read_pickle("]t."), kData, "a mark is missing");
  EXPECT_ERROR(read_pickle("Na."), kData, "is missing");
}

TEST(PickleReaderTest, SurvivesDeepNestingAndCycles) {
  EXPECT_NO_THROW(read_pickle("N" + std::string(2'000'000, '\x85') + "."));
  EXPECT_NO_THROW(read_pickle("]q\1h\1a."));
}

TEST(PickleReaderTest, SurvivesEveryChangedByte) {
  const auto pickle = pickled_dict(pickled_string("a") + pickled_tensor(3, 3));
  for (std::size_t i = 0; i < pickle.size(); ++i) {
    for (int byte = 0; byte < 256; ++byte) {
      auto changed = pickle;
      changed[i] = static_cast<char>(byte);
      try {
        read_pickle(changed);
      } catch (const Error& error) {
        ASSERT_EQ(error.kind(), ErrorKind::kData);
      }
    }
  }
}

}  // namespace
}  // namespace assay::models
