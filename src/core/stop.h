#pragma once

namespace assay {

/// Makes SIGINT, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (a batch system's warning) ask for an orderly end
/// instead of killing the process, unless whoever started it ignores them; a second SIGINT kills it. A closed pipe and
/// a limit of file sizes become errors of the write.
void install_stop_handlers();

/// Keeps all signals from the calling thread, so that they reach the main one; what a background thread begins with.
void block_signals();

/// Returns the number of the signal that asked to stop, or 0. Long loops ask once a step.
int stop_signal();

/// Ends the run in an orderly way when a stop was asked for; thrown by throw_if_stopped, caught by run_main only.
struct Stopped {
  int signal;
};

/// Throws Stopped when a stop was asked for.
void throw_if_stopped();

/// Forgets an earlier request; for tests.
void reset_stop_signal();

}  // namespace assay
