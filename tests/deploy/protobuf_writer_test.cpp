#include "deploy/protobuf_writer.h"

#include <gtest/gtest.h>

namespace assay::deploy {
namespace {

using namespace std::string_literals;

// The first three are the examples of protobuf's own description of its encoding.
TEST(ProtobufWriterTest, EncodesFieldsAsProtobufDoes) {
  ProtobufWriter number, text, message, negative, real, long_text;
  number.add_int(1, 150);
  EXPECT_EQ(number.bytes(), "\x08\x96\x01"s);
  text.add_bytes(2, "testing");
  EXPECT_EQ(text.bytes(), "\x12\x07testing"s);
  message.add_message(3, number);
  EXPECT_EQ(message.bytes(), "\x1a\x03\x08\x96\x01"s);
  negative.add_int(16, -1);
  EXPECT_EQ(negative.bytes(), "\x80\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s);
  real.add_float(2, 1.0F);
  EXPECT_EQ(real.bytes(), "\x15\x00\x00\x80\x3f"s);
  const std::string many(200, 'x');
  long_text.add_bytes(1, many);
  EXPECT_EQ(long_text.bytes(), "\x0a\xc8\x01" + many);
}

}  // namespace
}  // namespace assay::deploy
