#include "track/delivery/delivery_bar.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pty.h>
#include <unistd.h>

namespace assay::track {
namespace {

/// Is a terminal to which standard error goes while this lives.
class Terminal {
 public:
  Terminal() : kept_(::dup(STDERR_FILENO)) {
    int inner = -1;
    if (::openpty(&outer_, &inner, nullptr, nullptr, nullptr) != 0) ADD_FAILURE() << "no terminal";
    ::dup2(inner, STDERR_FILENO);
    ::close(inner);
  }
  ~Terminal() {
    ::dup2(kept_, STDERR_FILENO);
    ::close(kept_);
    ::close(outer_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// Reads until the text comes. Returns all that came; without the text when nothing came for half a minute.
  std::string await(std::string_view text) const {
    std::string all;
    pollfd poll{outer_, POLLIN, 0};
    while (all.find(text) == std::string::npos && ::poll(&poll, 1, 30'000) > 0) {
      char buffer[4096];
      const auto count = ::read(outer_, buffer, sizeof buffer);
      if (count <= 0) break;
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }

 private:
  int kept_;
  int outer_ = -1;
};

TEST(DeliveryBarTest, ShowsBytesOnceTheEntriesStandStill) {
  const Terminal terminal;
  const DeliveryBar bar("delivering", 3, [] { return DeliveryBar::State{1, {300'000'000, 1'200'000'000}}; });
  const auto shown = terminal.await("300/1200");
  EXPECT_NE(shown.find("delivering [########................]  33 % 1/3"), std::string::npos) << shown;
  EXPECT_NE(shown.find("delivering, megabytes [######..................]  25 % 300/1200"), std::string::npos) << shown;
}

}  // namespace
}  // namespace assay::track
