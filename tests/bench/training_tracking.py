"""Measures the cost of tracking for a training in processor time: training_tracking.py BINARY URI [PAIRS]; prints a line.

Tracked and untracked runs of the same small experiment take turns, on one thread each. It compares the processor time of
the whole process, including start, delivery and end but not the server. Other load on the machine hardly affects it.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

TRAINING = "data.num_train=4000 data.num_test=100 train.epochs=6 device.threads=1".split()
LITTLE_ELSE = "latency.rounds=1 latency.calls=1 techniques=[]".split()


def num_steps(record):
    """Returns the number of optimizer steps of a run; an incomplete last batch of an epoch is dropped."""
    training = record["training"]
    return len(training["history"]) * (record["dataset"]["num_train"] // training["batch_global"])


def milliseconds_per_step(binary, tracking, seed):
    """Returns the processor time per step of one run, and its number of steps."""
    with tempfile.TemporaryDirectory() as runs:
        command = [binary, f"run.dir={runs}", f"run.seed={seed}", *TRAINING, *LITTLE_ELSE, *tracking]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        process = subprocess.Popen(command, **quiet)
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f"exit code {process.returncode}: {' '.join(map(str, command))}")
        record = json.loads(next(pathlib.Path(runs).glob("*/*/record.json")).read_text())
        return 1000 * (usage.ru_utime + usage.ru_stime) / num_steps(record), num_steps(record)


def main():
    binary, uri, num_pairs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 8
    modes = {"off": ["track=off"], "mlflow": ["track=mlflow", f"track.uri={uri}"]}
    times = {mode: [] for mode in modes}
    for pair in range(num_pairs):
        for mode in sorted(modes, reverse=pair % 2 == 0):
            time_ms, steps = milliseconds_per_step(binary, modes[mode], pair)
            times[mode].append(time_ms)
    ratios = [tracked / untracked for tracked, untracked in zip(times["mlflow"], times["off"])]
    quartiles = statistics.quantiles(ratios, n=4)
    print(f"processor time of training, tracked against untracked: median {statistics.median(ratios):.4f} of {num_pairs} pairs,"
          f" quartiles {quartiles[0]:.4f} to {quartiles[2]:.4f}; {steps} steps a run, untracked"
          f" {statistics.median(times['off']):.2f} ms a step")


if __name__ == "__main__":
    main()
