#include "core/stop.h"

#include <pthread.h>

#include <csignal>
#include <initializer_list>

namespace assay {
namespace {

volatile std::sig_atomic_t requested_signal = 0;

extern "C" void assay_handle_stop(int signal) {
  if (requested_signal != 0 && signal == SIGINT) {
    std::signal(SIGINT, SIG_DFL);
    std::raise(SIGINT);
  }
  requested_signal = signal;
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = assay_handle_stop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    struct sigaction before {};
    sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);  // ignored: by nohup, or by a shell for &
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

int stop_signal() { return requested_signal; }

void throw_if_stopped() {
  if (requested_signal != 0) throw Stopped{requested_signal};
}

void reset_stop_signal() { requested_signal = 0; }

}  // namespace assay
