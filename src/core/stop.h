#pragma once

namespace assay {

/// Makes SIGINT and SIGTERM ask for an orderly end instead of killing the process; a second SIGINT kills it.
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
