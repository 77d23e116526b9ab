#include "track/mlflow/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::track {
namespace {

using testing::HasSubstr;
using testing::Not;

const TrackingServer kServer{"http://127.0.0.1:5000", "default", "ann", "hunter2", "tok123"};

Failure explain_answer(int status, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  return explain(response, kServer, 30).value_or(Failure{});
}

Failure explain_break(Transport transport) {
  HttpResponse response;
  response.transport = transport;
  response.transport_text = "why";
  return explain(response, kServer, 30).value_or(Failure{});
}

TEST(OutcomeTest, AcceptsSuccessOnly) {
  HttpResponse response;
  response.status = 200;
  EXPECT_FALSE(explain(response, kServer, 30));
  response.transport = Transport::kDropped;
  EXPECT_TRUE(explain(response, kServer, 30));
}

TEST(OutcomeTest, TriesAgainWhatMayPass) {
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(explain_answer(status, "busy").kind, Failure::Kind::kTransient) << status;
  }
  for (const auto transport : {Transport::kRefused, Transport::kTimeout, Transport::kDropped, Transport::kUnresolved}) {
    EXPECT_EQ(explain_break(transport).kind, Failure::Kind::kTransient);
  }
  EXPECT_FALSE(explain_break(Transport::kRefused).connected);
  EXPECT_TRUE(explain_break(Transport::kTimeout).connected);
}

TEST(OutcomeTest, TakesMlflowsErrorsAsTheRequestsFault) {
  const auto failure = explain_answer(400, R"({"error_code": "INVALID_PARAMETER_VALUE", "message": "bad\nkey"})");
  EXPECT_EQ(failure.kind, Failure::Kind::kRejected);
  EXPECT_EQ(failure.code, "INVALID_PARAMETER_VALUE");
  EXPECT_THAT(failure.message, HasSubstr("HTTP 400: INVALID_PARAMETER_VALUE: bad key"));
}

TEST(OutcomeTest, TellsEachWrongServerApart) {
  const auto page = explain_answer(404, "\n<!doctype html><title>404</title>");
  EXPECT_EQ(page.kind, Failure::Kind::kUnusable);
  EXPECT_THAT(page.message, HasSubstr("HTTP 404: a web page"));
  EXPECT_THAT(page.message, Not(HasSubstr("doctype")));
  EXPECT_THAT(page.hint, HasSubstr("path prefix"));
  const auto host = explain_answer(403, "Invalid Host header - possible DNS rebinding attack detected");
  EXPECT_EQ(host.kind, Failure::Kind::kUnusable);
  EXPECT_THAT(host.hint, HasSubstr("--allowed-hosts '127.0.0.1:5000"));
  EXPECT_THAT(explain_answer(401, "").hint, HasSubstr("MLFLOW_TRACKING_USERNAME"));
  EXPECT_THAT(explain_answer(302, "").message, HasSubstr("redirect"));
  EXPECT_THAT(explain_break(Transport::kRefused).hint, HasSubstr("make mlflow-up"));
  EXPECT_THAT(explain_break(Transport::kGarbage).message, HasSubstr("does not speak HTTP"));
}

TEST(OutcomeTest, CarriesWhatAnOverloadedServerAsksToWait) {
  HttpResponse response;
  response.retry_after_s = 7;
  for (const auto& [status, expected] : {std::pair{413, 7.0}, {429, 7.0}, {503, 7.0}, {500, 0.0}, {404, 0.0}}) {
    response.status = status;
    EXPECT_EQ(explain(response, kServer, 30)->retry_after_s, expected) << status;
  }
}

TEST(OutcomeTest, SaysWhatToDoAboutEachTlsProblem) {
  struct Case {
    const char* text;  // curl's and OpenSSL's
    const char* hint;
  };
  for (const auto& one :
       {Case{"SSL certificate problem: unable to get local issuer certificate", "MLFLOW_TRACKING_SERVER_CERT_PATH"},
        Case{"SSL certificate problem: self-signed certificate in certificate chain", "_SERVER_CERT_PATH"},
        Case{"SSL certificate problem: certificate has expired", "must be renewed"},
        Case{"SSL: no alternative certificate subject name matches target host name 'h'", "host name"},
        Case{"could not load PEM client certificate from c.pem", "MLFLOW_TRACKING_CLIENT_CERT_PATH"},
        Case{"error:0A00045C:SSL routines::tlsv13 alert certificate required", "MLFLOW_TRACKING_CLIENT_CERT_PATH"},
        Case{"error:0A00010B:SSL routines::wrong version number", "http://"}}) {
    HttpResponse response;
    response.transport = Transport::kInsecure;
    response.transport_text = one.text;
    EXPECT_THAT(explain(response, kServer, 30)->hint, HasSubstr(one.hint)) << one.text;
  }
  EXPECT_THAT(explain_answer(400, "<html>No required SSL certificate was sent</html>").hint,
              HasSubstr("MLFLOW_TRACKING_CLIENT_CERT_PATH"));
  EXPECT_THAT(explain_answer(400, "<html>The plain HTTP request was sent to HTTPS port</html>").hint,
              HasSubstr("https://"));
}

TEST(OutcomeTest, SaysWhatLimitsUploads) {
  const auto failure = explain_answer(413, "<html>Request Entity Too Large</html>");
  EXPECT_EQ(failure.kind, Failure::Kind::kRejected);
  EXPECT_THAT(failure.hint, HasSubstr("client_max_body_size"));
}

TEST(OutcomeTest, SaysWhichLoginIsWrong) {
  auto server = kServer;
  server.login_origin = "the address";
  HttpResponse response;
  response.status = 401;
  EXPECT_EQ(explain(response, server, 30)->hint, "the login of `ann` is not accepted: correct the address");
  server.username = server.password = "";
  EXPECT_EQ(explain(response, server, 30)->hint, "the token is not accepted: correct the address");
}

TEST(OutcomeTest, PointsAtTheAddressOfAnotherMachine) {
  HttpResponse response;
  response.transport = Transport::kRefused;
  const TrackingServer server{"https://tracking.example", "run.toml:3:7", "", "", ""};
  EXPECT_THAT(explain(response, server, 30)->hint, HasSubstr("run.toml:3:7"));
  EXPECT_THAT(explain(response, server, 30)->hint, Not(HasSubstr("make mlflow-up")));
}

TEST(OutcomeTest, KeepsSecretsOutOfMessages) {
  const auto failure = explain_answer(500, "login ann:hunter2 with tok123 failed");
  EXPECT_THAT(failure.message, HasSubstr("login ann:*** with *** failed"));
  HttpResponse response;
  response.status = 200;
  response.body = "hunter2";
  EXPECT_THAT(explain_garbage(response, kServer).message, Not(HasSubstr("hunter2")));
}

TEST(OutcomeTest, LetsNoControlCharactersThrough) {
  const auto failure = explain_answer(400, R"({"error_code": "A\u001b[31m\n", "message": "B\u0007"})");
  EXPECT_THAT(failure.message, HasSubstr("HTTP 400: A [31m : B "));
}

TEST(OutcomeTest, QuotesLittleOfALongAnswer) {
  EXPECT_LT(explain_answer(500, std::string(100'000, 'x')).message.size(), 500U);
}

TEST(OutcomeTest, ShowsNoPartOfASecretWhereAnAnswerIsCut) {
  for (std::size_t i = 280; i < 310; ++i) {
    const auto message = explain_answer(418, std::string(i, 'x') + "hunter2 tok123").message;
    EXPECT_THAT(message, Not(HasSubstr("hunt"))) << i;
    EXPECT_THAT(message, Not(HasSubstr("tok1"))) << i;
  }
}

}  // namespace
}  // namespace assay::track
