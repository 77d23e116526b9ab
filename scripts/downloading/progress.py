"""Shows the progress of a download and estimates the time left."""

import math
import sys
import time


class Progress:
    """A line on standard error that redraws itself on a terminal, otherwise a plain line every 10 s."""

    def __init__(self, title, done, total, stream=None, clock=time.monotonic):
        self.title, self.first, self.total, self.stream, self.clock = title, done, total, stream or sys.stderr, clock
        self.is_terminal, self.begin = self.stream.isatty(), clock()
        self.last = -math.inf if self.is_terminal else self.begin

    def update(self, done):
        now = self.clock()
        if now - self.last < (0.1 if self.is_terminal else 10):
            return
        self.last = now
        rate = (done - self.first) / max(now - self.begin, 1e-3)
        text = f"{self.title}: {100 * done // self.total} % of {self.total / 1e6:.1f} MB, {rate / 1e6:.1f} MB/s"
        text += f", {format_duration((self.total - done) / max(rate, 1))} left"
        print(f"\r\x1b[K{text[:79]}" if self.is_terminal else f"{text}\n", end="", file=self.stream, flush=True)

    def __enter__(self):
        return self

    def __exit__(self, *_error):
        print("\r\x1b[K" if self.is_terminal else "", end="", file=self.stream, flush=True)


def format_duration(seconds):
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    return f"{whole // 60} min {whole % 60:02} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60:02} min"
