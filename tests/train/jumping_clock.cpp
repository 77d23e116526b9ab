// When preloaded into a process, makes its wall clock jump ahead and back in turns at each reading, by ten years and
// one more each time.

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <atomic>

namespace {

time_t jump() {
  constexpr time_t kYear = 365LL * 24 * 3600;
  static std::atomic<time_t> num_reads{0};
  const auto number = num_reads++;
  return (number % 2 == 0 ? 1 : -1) * (10 + number) * kYear;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += jump();
  return result;
}

extern "C" int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  timespec now{};
  const int result = ::clock_gettime(CLOCK_REALTIME, &now);
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return result;
}

extern "C" time_t time(time_t* time) noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  if (time != nullptr) *time = now.tv_sec;
  return now.tv_sec;
}
