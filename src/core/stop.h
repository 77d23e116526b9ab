#pragma once

namespace assay {

/// Makes SIGINT, SIGTERM, SIGHUP (a closed terminal) and SIGUSR1 (a batch system's warning) request an orderly end
/// instead of killing the process, unless the parent process ignores them; a second SIGINT kills it. A closed pipe and
/// a file size limit become errors of the write.
void install_stop_handlers();

/// Blocks all signals in the calling thread, so that they reach the main one; background threads call it first.
void block_signals();

/// Returns the number of the signal that requested a stop, or 0. Long loops check it once per step.
int stop_signal();

/// Ends the run in an orderly way after a stop request; thrown by throw_if_stopped, caught only by run_main.
struct Stopped {
  int signal;
};

/// Throws Stopped if a stop was requested.
void throw_if_stopped();

/// Clears an earlier request; for tests.
void reset_stop_signal();

}  // namespace assay
