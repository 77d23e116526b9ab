#include "track/mlflow/outcome.h"

#include <fmt/format.h>

#include "core/json.h"

namespace assay::track {
namespace {

constexpr std::size_t kMaxQuoteBytes = 300;

/// Shortens what a server wrote to one line without secrets and control characters.
std::string quote(std::string_view answer, const TrackingServer& server) {
  const auto text = server.redact(std::string(answer));  // first: half a secret is none that could be found
  std::string line;
  for (const char c : std::string_view(text).substr(0, kMaxQuoteBytes)) {
    const bool blank = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (!blank) line += c;
    if (blank && !line.empty() && line.back() != ' ') line += ' ';
  }
  return text.size() > kMaxQuoteBytes ? line + "..." : line;
}

bool is_web_page(std::string_view body) {
  const auto start = body.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && body[start] == '<';
}

std::string start_hint(const TrackingServer& server) {
  return is_loopback(server.url)
             ? "start a server with `make mlflow-up`, or run with track=off"
             : fmt::format("check the address ({}) and that the server runs there, or run with track=off",
                           server.origin);
}

std::string address_hint(const TrackingServer& server) {
  return fmt::format("check host, port and path prefix of the address ({}); an MLflow server is meant", server.origin);
}

/// Says what to do about a failed TLS connection, by curl's and OpenSSL's words for it.
std::string tls_hint(std::string_view text) {
  const auto has = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (has("subject name")) return "use the host name that the server's certificate was made for";
  if (has("expired")) return "the server's certificate must be renewed; or this machine's clock is wrong";
  if (has("local issuer") || has("self-signed") || has("self signed"))
    return "set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of the authority that signed the server's";
  if (has("certificate file") || has("CAfile")) return "MLFLOW_TRACKING_SERVER_CERT_PATH must name PEM certificates";
  if (has("client certificate") || has("private key"))
    return "MLFLOW_TRACKING_CLIENT_CERT_PATH must name a PEM file with a certificate and its key";
  if (has(" alert ")) return "set MLFLOW_TRACKING_CLIENT_CERT_PATH to a certificate that the server accepts";
  if (has("wrong version number")) return "this port speaks no TLS: use http://, or another port";
  return "check the certificate, or whether the server speaks http:// only";
}

/// Says what to do about an answer by which a web server reports that TLS was not as it wants it, or "".
std::string tls_hint_of_page(const HttpResponse& response) {
  const auto has = [&](std::string_view part) { return response.body.find(part) != std::string::npos; };
  if (response.status != 400) return "";
  if (has("HTTP request was sent to HTTPS port")) return "use https:// in the address";
  if (has("No required SSL certificate"))
    return "the server demands a client's certificate: set MLFLOW_TRACKING_CLIENT_CERT_PATH";
  if (has("SSL certificate error"))
    return "the server refuses the client's certificate: set MLFLOW_TRACKING_CLIENT_CERT_PATH to another one";
  return "";
}

std::string login_hint(const TrackingServer& server) {
  if (server.login_origin.empty())
    return "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN";
  return server.username.empty()
             ? fmt::format("the token is not accepted: correct {}", server.login_origin)
             : fmt::format("the login of `{}` is not accepted: correct {}", server.username, server.login_origin);
}

Failure explain_transport(const HttpResponse& response, const TrackingServer& server, double timeout_s) {
  Failure failure;
  const auto say = [&](std::string_view what, bool connected, std::string hint) {
    failure.message = fmt::format("{} {} ({})", server.url, what, response.transport_text);
    failure.connected = connected;
    failure.hint = std::move(hint);
  };
  switch (response.transport) {
    case Transport::kUnresolved:
      say("names a host that is not known", false, start_hint(server));
      break;
    case Transport::kRefused:
      say("refuses connections", false, start_hint(server));
      break;
    case Transport::kTimeout:
      say(fmt::format("has not answered within {:g} s", timeout_s), true, start_hint(server));
      failure.may_arrive = true;
      break;
    case Transport::kInsecure:
      say("cannot be reached safely over TLS", false, tls_hint(response.transport_text));
      break;
    case Transport::kGarbage:
      say("does not speak HTTP", true, address_hint(server));
      failure.kind = Failure::Kind::kUnusable;
      break;
    case Transport::kTooLarge:
      say("sends more than is read at once", true, "");
      failure.kind = Failure::Kind::kRejected;
      break;
    case Transport::kFile:
      failure.message = fmt::format("the file cannot be read: {}", response.transport_text);
      failure.kind = Failure::Kind::kRejected;
      break;
    case Transport::kAborted:
      say("was not waited for", true, "");
      break;
    default:
      say("broke the connection", true, start_hint(server));
  }
  return failure;
}

Failure explain_status(const HttpResponse& response, const TrackingServer& server) {
  const auto json = try_parse_json(response.body).value_or(Json());
  Failure failure;
  std::string text = is_web_page(response.body) ? "a web page" : quote(response.body, server);
  if (json.is_object() && json.contains("error_code") && json["error_code"].is_string()) {
    failure.code = json["error_code"].get<std::string>();
    const auto message = json.find("message");
    text = quote(failure.code, server) +
           (message != json.end() && message->is_string() ? ": " + quote(message->get<std::string>(), server) : "");
  }
  failure.message = fmt::format("{} answers HTTP {}{}{}", server.url, response.status, text.empty() ? "" : ": ", text);
  const int status = failure.status = response.status;
  const bool is_transient = status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501);
  failure.kind = is_transient ? Failure::Kind::kTransient : Failure::Kind::kUnusable;
  if (status == 413 || status == 429 || status == 503) failure.retry_after_s = response.retry_after_s;
  failure.may_arrive = status == 504;  // of a proxy
  if (is_transient) {
    failure.hint = "look at the server's log";
  } else if (status == 401) {
    failure.hint = login_hint(server);
  } else if (status == 403 && response.body.find("Host header") != std::string::npos) {
    const auto host = server.url.substr(server.url.find("://") + 3);
    failure.hint =
        fmt::format("start the server with --allowed-hosts '{},localhost:*'", host.substr(0, host.find('/')));
  } else if (status == 403) {
    failure.hint = "the login is known but may not do this: ask the server's owner";
  } else if (!failure.code.empty() || status == 413) {
    failure.kind = Failure::Kind::kRejected;
    if (status == 413)
      failure.hint = "what stands before the server limits uploads: with nginx, raise client_max_body_size";
  } else if (status >= 300 && status < 400) {
    failure.message += fmt::format(" (a redirect to {})", quote(response.redirect_url, server));
    failure.hint = "set the tracking address to where the server really is";
  } else {
    const auto tls = tls_hint_of_page(response);
    failure.hint = tls.empty() ? address_hint(server) : tls;
  }
  return failure;
}

void redact(Failure& failure, const TrackingServer& server) {
  failure.message = server.redact(std::move(failure.message));
  failure.hint = server.redact(std::move(failure.hint));
}

}  // namespace

Failure rejection(std::string message, std::string hint) {
  return {Failure::Kind::kRejected, "", std::move(message), std::move(hint), true, 0};
}

std::optional<Failure> explain(const HttpResponse& response, const TrackingServer& server, double timeout_s) {
  if (response.ok()) return std::nullopt;
  Failure failure = response.transport == Transport::kOk ? explain_status(response, server)
                                                         : explain_transport(response, server, timeout_s);
  redact(failure, server);
  return failure;
}

Failure explain_garbage(const HttpResponse& response, const TrackingServer& server) {
  const auto text = is_web_page(response.body) ? "a web page" : fmt::format("`{}`", quote(response.body, server));
  Failure failure{
      Failure::Kind::kUnusable, "",   fmt::format("{} answers with {} instead of MLflow's data", server.url, text),
      address_hint(server),     true, response.status};
  redact(failure, server);
  return failure;
}

Failure explain_no_id(std::string_view what, const TrackingServer& server) {
  const auto message = fmt::format("{} answers without the id of the {}", server.url, what);
  return {Failure::Kind::kUnusable, "", message, address_hint(server), true, 200};
}

Failure explain_not_set(std::string_view what, const TrackingServer& server) {
  const auto message = fmt::format("{} answers without the new {}", server.url, what);
  return {Failure::Kind::kUnusable, "", message, address_hint(server), true, 200};
}

}  // namespace assay::track
