"""Lets programs take turns on the processor, a second each, so that a slower machine slows all of them alike."""
import os
import select
import signal
import subprocess
import sys
import time

SLICE_S = 1.0


class Runner:
    """A program that runs only during its turns; its clock counts only them. Each line that contains `mark` ends an epoch."""

    def __init__(self, command, environment, mark):
        self.command, self.mark, self.active_s, self.ends_s = [str(part) for part in command], mark, 0.0, []
        self.output = self.unread = b""
        self.process = subprocess.Popen(self.command, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        start_new_session=True)
        self.signal(signal.SIGSTOP)

    def signal(self, number):
        os.killpg(self.process.pid, number)

    def take_turn(self):
        begin = time.perf_counter()
        self.signal(signal.SIGCONT)
        while (left := begin + SLICE_S - time.perf_counter()) > 0:
            if select.select([self.process.stdout], [], [], left)[0]:
                self.read(self.active_s + time.perf_counter() - begin)
        self.signal(signal.SIGSTOP)
        self.active_s += time.perf_counter() - begin

    def read(self, now_s):
        text = os.read(self.process.stdout.fileno(), 65536)
        if not text:
            sys.exit(f"{' '.join(self.command)} ended early:\n{self.output.decode()}")
        self.output += text
        *lines, self.unread = (self.unread + text).split(b"\n")
        self.ends_s += [now_s] * sum(self.mark in line for line in lines)

    def end(self):
        for number in (signal.SIGCONT, signal.SIGKILL):
            self.signal(number)
        self.process.wait()

    def epochs_s(self):
        """Returns the seconds of each epoch except the first."""
        return [end - begin for begin, end in zip(self.ends_s, self.ends_s[1:])]


def take_turns(programs, num_epochs):
    """Runs programs, each (command, environment, mark), until each has had `num_epochs` epochs after its first, then stops them.

    Returns for each the seconds of those epochs, and its output.
    """
    runners = []
    try:
        for program in programs:
            runners.append(Runner(*program))
        while any(len(runner.ends_s) <= num_epochs for runner in runners):
            for runner in runners:
                runner.take_turn()
        return [(runner.epochs_s()[:num_epochs], runner.output) for runner in runners]
    finally:
        for runner in runners:
            runner.end()
