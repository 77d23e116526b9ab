#include "track/mlflow/artifact_address.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

TrackingServer server_at(const std::string& url) {
  TrackingServer server;
  server.url = url;
  return server;
}

TEST(ArtifactAddressTest, FindsFilesBehindTheProxy) {
  const auto server = server_at("https://host/prefix");
  const std::string api = "/api/2.0/mlflow-artifacts/artifacts";
  EXPECT_EQ(*artifact_url(server, "mlflow-artifacts:/1/r/artifacts", "a b/c.pt"),
            "https://host/prefix" + api + "/1/r/artifacts/a%20b/c.pt");
  EXPECT_EQ(*artifact_url(server, "mlflow-artifacts://other:80/1", "c"), "https://other:80" + api + "/1/c");
  EXPECT_EQ(*artifact_url(server, "http://other/x", "c"), "http://other/x/c");
  EXPECT_FALSE(artifact_url(server, "s3://bucket/1", "c"));
}

TEST(ArtifactAddressTest, FindsTheCallsAboutUploadsInParts) {
  const auto server = server_at("https://host/prefix");
  EXPECT_EQ(*multipart_url(server, "create", "mlflow-artifacts:/1/r/artifacts", "a b/c.pt"),
            "https://host/prefix/api/2.0/mlflow-artifacts/mpu/create/1/r/artifacts/a%20b");
  EXPECT_EQ(*multipart_url(server, "abort", "mlflow-artifacts:/1/r/artifacts", "c.pt"),
            "https://host/prefix/api/2.0/mlflow-artifacts/mpu/abort/1/r/artifacts");
  EXPECT_EQ(*multipart_url(server, "create", "http://other/x", "c.pt"), "");
  EXPECT_EQ(*server_info_url(server, "mlflow-artifacts:/1/r"), "https://host/prefix/api/3.0/mlflow/server-info");
  EXPECT_EQ(*server_info_url(server, "http://other/x"), "");
}

TEST(ArtifactAddressTest, LeadsOutOfNoRun) {
  const auto server = server_at("https://host");
  EXPECT_FALSE(artifact_url(server, "mlflow-artifacts:/1/../../x", "c"));
  EXPECT_FALSE(artifact_url(server, "mlflow-artifacts:/1/r/artifacts", "../../x"));
  EXPECT_FALSE(multipart_url(server, "create", "mlflow-artifacts:/1/./x", "c"));
  EXPECT_TRUE(artifact_url(server, "mlflow-artifacts:/1/r..x/artifacts", "a..b"));
}

TEST(ArtifactAddressTest, NamesTheFile) {
  EXPECT_EQ(file_name_of("a/b.pt"), "b.pt");
  EXPECT_EQ(file_name_of("b.pt"), "b.pt");
}

}  // namespace
}  // namespace assay::track
