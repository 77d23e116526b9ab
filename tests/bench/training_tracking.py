"""Compares training throughput with and without tracking: training_tracking.py BINARY URI [PAIRS]; prints a Markdown row.

Both take turns on the same small experiment; its epochs but the first count. The server runs on the same machine.
"""

import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

ARGUMENTS = "data.num_train=4000 data.num_test=100 train.epochs=4 latency.rounds=1 latency.calls=1 techniques=[]".split()


def images_per_second(binary, tracking, seed):
    """Returns the median over the epochs of one run."""
    with tempfile.TemporaryDirectory() as runs:
        command = [binary, f"run.dir={runs}", f"run.seed={seed}", *ARGUMENTS, *tracking]
        subprocess.run(command, check=True, capture_output=True)
        record = json.loads(next(pathlib.Path(runs).glob("*/*/record.json")).read_text())
        return statistics.median(epoch["images_per_second"] for epoch in record["training"]["history"][1:])


def main():
    binary, uri, pairs = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 8
    ratios, speeds = [], []
    for pair in range(pairs):
        with_tracking = ["track=mlflow", f"track.uri={uri}"]
        order = [with_tracking, ["track=off"]] if pair % 2 else [["track=off"], with_tracking]
        speed = {order[i][0]: images_per_second(binary, order[i], pair) for i in range(2)}
        speeds.append(speed["track=off"])
        ratios.append(speed["track=mlflow"] / speed["track=off"])
    quartiles = statistics.quantiles(ratios, n=4)
    print(f"training, tracked against untracked: median {statistics.median(ratios):.4f} of {pairs} pairs, quartiles"
          f" {quartiles[0]:.4f} to {quartiles[2]:.4f}; untracked {statistics.median(speeds):.0f} images/s")


if __name__ == "__main__":
    main()
