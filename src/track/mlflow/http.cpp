// The one file that includes curl.

#include "track/mlflow/http.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <new>
#include <string_view>

#include "core/build_info.h"
#include "track/mlflow/environment.h"

namespace assay::track {

struct HttpClient::State {
  HttpOptions options;
  CURL* curl = nullptr;
  std::atomic<bool> aborted = false;
  std::string no_proxy;
  curl_socket_t socket = CURL_SOCKET_BAD;
  HttpResponse* response = nullptr;
  bool too_large = false;
};

namespace {

// MLflow's server closes an idle connection after 5 s; one that old is not used again.
constexpr long kMaxIdleSeconds = 4;

std::size_t receive(char* data, std::size_t, std::size_t size, void* context) {
  auto& state = *static_cast<HttpClient::State*>(context);
  if (state.response->body.size() + size > state.options.max_body_bytes) {
    state.too_large = true;
    return 0;
  }
  state.response->body.append(data, size);
  return size;
}

std::size_t read_upload(char* buffer, std::size_t, std::size_t size, void* context) {
  auto& source = *static_cast<UploadSource*>(context);
  const auto count = source.read(buffer, size);
  return source.error().empty() ? count : CURL_READFUNC_ABORT;
}

int seek_upload(void* context, curl_off_t offset, int origin) {
  const bool is_possible = origin == SEEK_SET && static_cast<UploadSource*>(context)->seek(offset);
  return is_possible ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

int remember_socket(void* context, curl_socket_t socket, curlsocktype) {
  static_cast<HttpClient::State*>(context)->socket = socket;
  return CURL_SOCKOPT_OK;
}

/// Called by curl around every read. The kernel forgets TCP_QUICKACK, hence again and again: without it a server with
/// Nagle's algorithm on waits 40 ms between the headers and the body of each response.
int watch(void* context, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& state = *static_cast<HttpClient::State*>(context);
#ifdef TCP_QUICKACK
  const int on = 1;
  if (state.socket != CURL_SOCKET_BAD) setsockopt(state.socket, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
#endif
  return state.aborted ? 1 : 0;
}

/// `text` is curl's; with TLS 1.3 a server refuses a client's certificate only after the handshake.
Transport classify(CURLcode code, std::string_view text) {
  if (code == CURLE_RECV_ERROR && text.find(" alert ") != std::string_view::npos) return Transport::kInsecure;
  switch (code) {
    case CURLE_OK:
      return Transport::kOk;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Transport::kUnresolved;
    case CURLE_COULDNT_CONNECT:
      return Transport::kRefused;
    case CURLE_OPERATION_TIMEDOUT:
      return Transport::kTimeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CLIENTCERT:
      return Transport::kInsecure;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
      return Transport::kGarbage;
    case CURLE_ABORTED_BY_CALLBACK:
      return Transport::kAborted;
    default:
      return Transport::kDropped;
  }
}

template <typename Value>
void set(CURL* curl, CURLoption option, Value value) {
  curl_easy_setopt(curl, option, value);
}

void set_connection_options(HttpClient::State& state) {
  set(state.curl, CURLOPT_NOSIGNAL, 1L);
  set(state.curl, CURLOPT_PROTOCOLS_STR, "http,https");
  set(state.curl, CURLOPT_PATH_AS_IS, 1L);  // no other address than the one that was checked
  set(state.curl, CURLOPT_USERAGENT, fmt::format("assay/{}", build_info().version).c_str());
  set(state.curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(state.options.connect_timeout_s * 1000));
  set(state.curl, CURLOPT_TCP_KEEPALIVE, 1L);
  set(state.curl, CURLOPT_MAXAGE_CONN, kMaxIdleSeconds);
  set(state.curl, CURLOPT_SOCKOPTFUNCTION, remember_socket);
  set(state.curl, CURLOPT_SOCKOPTDATA, &state);
  set(state.curl, CURLOPT_NOPROGRESS, 0L);
  set(state.curl, CURLOPT_XFERINFOFUNCTION, watch);
  set(state.curl, CURLOPT_XFERINFODATA, &state);
  set(state.curl, CURLOPT_WRITEFUNCTION, receive);
  set(state.curl, CURLOPT_WRITEDATA, &state);
  set(state.curl, CURLOPT_NOPROXY, state.no_proxy.c_str());
}

void set_credentials(CURL* curl, const HttpOptions& options) {
  if (!options.username.empty()) {
    set(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(curl, CURLOPT_USERNAME, options.username.c_str());
    set(curl, CURLOPT_PASSWORD, options.password.c_str());
  } else if (!options.token.empty()) {
    set(curl, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    set(curl, CURLOPT_XOAUTH2_BEARER, options.token.c_str());
  }
}

void set_tls(CURL* curl, const TlsOptions& tls) {
  if (!tls.verify) {
    set(curl, CURLOPT_SSL_VERIFYPEER, 0L);
    set(curl, CURLOPT_SSL_VERIFYHOST, 0L);
  } else if (!tls.authorities.empty()) {
    const bool is_folder = std::filesystem::is_directory(tls.authorities);
    set(curl, CURLOPT_CAINFO, is_folder ? nullptr : tls.authorities.c_str());
    set(curl, CURLOPT_CAPATH, is_folder ? tls.authorities.c_str() : nullptr);
  }
  if (!tls.client_certificate.empty()) set(curl, CURLOPT_SSLCERT, tls.client_certificate.c_str());
}

void set_payload(CURL* curl, const HttpRequest& request, std::optional<UploadSource>& source) {
  if (source) {
    set(curl, CURLOPT_UPLOAD, 1L);
    set(curl, CURLOPT_READFUNCTION, read_upload);
    set(curl, CURLOPT_READDATA, &*source);
    set(curl, CURLOPT_SEEKFUNCTION, seek_upload);
    set(curl, CURLOPT_SEEKDATA, &*source);
    set(curl, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(source->size_bytes()));
  } else if (request.method != "GET") {
    set(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(curl, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  set(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_timeout(CURL* curl, const HttpOptions& options, bool is_upload) {
  if (is_upload) {
    set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(curl, CURLOPT_LOW_SPEED_TIME, std::max(1L, static_cast<long>(options.request_timeout_s)));
  } else {
    set(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(options.request_timeout_s * 1000));
  }
}

/// Reads what curl has kept of the answer's first line and headers.
void read_headers(CURL* curl, HttpResponse& response) {
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  response.status = static_cast<int>(status);
  curl_off_t retry_after_s = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
  response.retry_after_s = static_cast<double>(retry_after_s);
  const char* redirect = nullptr;
  curl_easy_getinfo(curl, CURLINFO_REDIRECT_URL, &redirect);
  if (redirect != nullptr) response.redirect_url = redirect;
  curl_header* etag = nullptr;
  constexpr int kLastRequest = -1;
  if (curl_easy_header(curl, "ETag", 0, CURLH_HEADER, kLastRequest, &etag) == CURLHE_OK) response.etag = etag->value;
}

struct FreeHeaders {
  void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
};

std::unique_ptr<curl_slist, FreeHeaders> make_headers(const HttpOptions& options, const HttpRequest& request) {
  // The empty Expect stops curl from waiting for "100 Continue" before a large body.
  std::unique_ptr<curl_slist, FreeHeaders> headers(curl_slist_append(nullptr, "Expect:"));
  const char* const type =
      request.upload.path.empty() ? "Content-Type: application/json" : "Content-Type: application/octet-stream";
  if (!request.part) curl_slist_append(headers.get(), type);
  for (const auto& header : options.headers) curl_slist_append(headers.get(), header.c_str());
  for (const auto& header : request.headers) curl_slist_append(headers.get(), header.c_str());
  return headers;
}

}  // namespace

HttpClient::HttpClient(HttpOptions options) : state_(std::make_unique<State>()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  state_->options = std::move(options);
  state_->no_proxy = environment_no_proxy();  // here, since another thread may send
  state_->curl = initialised == CURLE_OK ? curl_easy_init() : nullptr;
  if (state_->curl == nullptr) throw std::bad_alloc();
}

HttpClient::~HttpClient() {
  if (state_ != nullptr) curl_easy_cleanup(state_->curl);
}

HttpClient::HttpClient(HttpClient&&) noexcept = default;

void HttpClient::abort() { state_->aborted = true; }

HttpResponse HttpClient::send(const HttpRequest& request) {
  HttpResponse response;
  CURL* const curl = state_->curl;
  curl_easy_reset(curl);  // keeps the connection
  set_connection_options(*state_);
  set_credentials(curl, state_->options);
  set_tls(curl, state_->options.tls);

  std::optional<UploadSource> source;
  if (!request.upload.path.empty()) {
    source.emplace(request.upload, request.part, request.num_sent);
    if (!source->error().empty()) {
      response.transport = Transport::kFile;
      response.transport_text = source->error();
      return response;
    }
  }
  set_payload(curl, request, source);
  set_timeout(curl, state_->options, source.has_value());
  const auto headers = make_headers(state_->options, request);
  set(curl, CURLOPT_HTTPHEADER, headers.get());
  set(curl, CURLOPT_URL, request.url.c_str());
  set(curl, CURLOPT_FRESH_CONNECT, request.once ? 1L : 0L);
  char text[CURL_ERROR_SIZE] = "";
  set(curl, CURLOPT_ERRORBUFFER, static_cast<char*>(text));

  state_->response = &response;
  state_->too_large = false;
  const CURLcode code = state_->aborted ? CURLE_ABORTED_BY_CALLBACK : curl_easy_perform(curl);
  response.transport = classify(code, static_cast<const char*>(text));
  if (state_->too_large) response.transport = Transport::kTooLarge;
  if (source && !source->error().empty()) response.transport = Transport::kFile;
  if (response.transport != Transport::kOk) response.transport_text = text[0] != '\0' ? text : curl_easy_strerror(code);
  read_headers(curl, response);
  if (source && !response.ok()) source->take_back();
  return response;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string encoded;
  while (!text.empty()) {
    const auto slash = keep_slashes ? text.find('/') : std::string_view::npos;
    const auto part = text.substr(0, slash);
    if (!part.empty()) {  // curl takes a length of 0 for one that it must count
      const std::unique_ptr<char, void (*)(void*)> escaped(
          curl_easy_escape(nullptr, part.data(), static_cast<int>(part.size())), curl_free);
      if (!escaped) throw std::bad_alloc();
      encoded += escaped.get();
    }
    if (slash == std::string_view::npos) break;
    encoded += '/';
    text.remove_prefix(slash + 1);
  }
  return encoded;
}

}  // namespace assay::track
