#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace assay::track {

/// Formats an HTTP response that leaves the connection open.
inline std::string http_response(int status, std::string_view body, std::string_view type = "text/html") {
  return "HTTP/1.1 " + std::to_string(status) + " Status\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

/// Sends one request to a server and returns the whole response.
inline std::string forward(int port, std::string request) {
  request.insert(request.find("\r\n") + 2, "Connection: close\r\n");
  const int peer = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  std::string answer;
  if (::connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
    ::send(peer, request.data(), request.size(), MSG_NOSIGNAL);
    char buffer[65536];
    for (ssize_t count = 0; (count = ::recv(peer, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(count));
    }
  }
  ::close(peer);
  return answer;
}

/// Answers HTTP requests as badly as a test requires, on a free loopback port.
class FaultServer {
 public:
  /// Receives a whole request and returns the bytes of the response. "" closes the connection without a response; kHang
  /// keeps it open and silent. Called from several threads.
  using Handler = std::function<std::string(const std::string& request)>;
  static constexpr std::string_view kHang = "hang";

  explicit FaultServer(Handler handler) : handler_(std::move(handler)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), length);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    ::listen(listener_, 16);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~FaultServer() {
    stopping_ = true;
    acceptor_.join();
    for (auto& connection : connections_) connection.join();
    ::close(listener_);
  }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  int num_connections() const { return num_connections_; }

  /// Returns the requests so far.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  bool readable(int descriptor) const {
    while (!stopping_) {
      pollfd poll{descriptor, POLLIN, 0};
      if (::poll(&poll, 1, 20) > 0) return true;
    }
    return false;
  }

  void accept_all() {
    while (readable(listener_)) {
      const int peer = ::accept(listener_, nullptr, nullptr);
      if (peer < 0) continue;
      ++num_connections_;
      connections_.emplace_back([this, peer] {
        serve(peer);
        ::close(peer);
      });
    }
  }

  void serve(int peer) {
    std::string input;
    char buffer[65536];
    while (readable(peer)) {
      const auto count = ::recv(peer, buffer, sizeof buffer, 0);
      if (count <= 0) return;
      input.append(buffer, static_cast<std::size_t>(count));
      const auto head = input.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      const auto field = input.find("Content-Length: ");
      const auto body_bytes = field < head ? std::strtoul(input.c_str() + field + 16, nullptr, 10) : 0;
      if (input.size() < head + 4 + body_bytes) continue;
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(input);
      }
      const auto answer = handler_(input);
      input.clear();
      if (answer.empty()) return;
      if (answer == kHang) continue;
      send_in_two(peer, answer);
      if (answer.find("onnection: close") != std::string::npos) return;
    }
  }

  /// Sends headers and body separately, like uvicorn: with Nagle's algorithm the body then waits for the client's ACK.
  static void send_in_two(int peer, const std::string& answer) {
    const auto head = std::min(answer.find("\r\n\r\n"), answer.size() - 4) + 4;
    ::send(peer, answer.data(), head, MSG_NOSIGNAL);
    ::send(peer, answer.data() + head, answer.size() - head, MSG_NOSIGNAL);
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> num_connections_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::list<std::thread> connections_;
  std::thread acceptor_;
};

/// Answers some of the requests itself and forwards the others to the real server.
class Proxy {
 public:
  /// `fault` receives the request's number and its first line; it returns the response, or nullopt to forward.
  using Fault = std::function<std::optional<std::string>(int number, const std::string& request)>;

  Proxy(int port, Fault fault)
      : server_([this, port, fault = std::move(fault)](const std::string& request) {
          if (const auto answer = fault(number_++, request)) return *answer;
          return forward(port, request);
        }) {}

  std::string url() const { return server_.url(); }

 private:
  std::atomic<int> number_ = 0;
  FaultServer server_;
};

}  // namespace assay::track
