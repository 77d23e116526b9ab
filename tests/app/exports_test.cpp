#include "app/exports.h"

#include "config/toml.h"
#include "deploy/exporter.h"
#include "expect_error.h"

namespace assay::app {
namespace {

config::Problems problems_of(const std::vector<std::string>& exports, const std::vector<std::string>& techniques) {
  const char* const tables =
      "[finetune]\nname = \"finetune\"\n[dynamic_int8]\nname = \"dynamic_int8\"\n"
      "[static_int8]\nname = \"static_int8\"\n";
  const config::Section compress(config::parse_toml(tables, "compress.toml"), "compress",
                                 config::Origin{"compress.toml", 1, 1});
  config::Problems problems;
  check_exports(exports, make_techniques(compress, techniques, problems), problems);
  return problems;
}

TEST(ExportsTest, EveryExporterWritesStaticInt8) {
  problems_of(deploy::exporter_names(), {"finetune+static_int8"}).throw_if_any();
}

TEST(ExportsTest, OnnxIsRefusedForDynamicInt8) {
  problems_of({"torchscript", "lite"}, {"dynamic_int8"}).throw_if_any();
  const auto problems = problems_of({"torchscript", "onnx"}, {"static_int8", "finetune+dynamic_int8"});
  EXPECT_ERROR(problems.throw_if_any(), kConfig, "onnx cannot write what dynamic_int8 makes: its values have no");
  EXPECT_ERROR(problems.throw_if_any(), kConfig, "\"finetune-dynamic_int8\" in techniques");
}

TEST(ExportsTest, HoldTheMeasuredFormatAndEachOnce) {
  EXPECT_ERROR(problems_of({"onnx"}, {}).throw_if_any(), kConfig, "\"torchscript\" is absent");
  EXPECT_ERROR(problems_of({"torchscript", "lite", "lite"}, {}).throw_if_any(), kConfig, "\"lite\" is there twice");
}

}  // namespace
}  // namespace assay::app
