#!/usr/bin/env python3
"""Runs whole experiments in real memory cgroups of random size and counts their endings.

    tests/bench/memory_limits.py ENGINE_COMMAND [--runs 200] [--first 0] [--jobs 2]

Each run trains and compresses one of two networks on images of 32 to 128 pixels under a limit of 200 MB to 4 GB, with
train.batch.global=auto. A run that finished with a micro batch below the largest allowed is followed by a second one,
of training only: 1/0.85 of that micro batch, without Assay's budget and with plain glibc, in a cgroup as large as the
budget was. If the kernel kills it, the batch found was at least 85 % of the largest that truly fits.

Needs root and the memory controller (cgroup version 1 or 2); otherwise exits with 77 and the reason. Writes one line per run
and a summary as Markdown.
"""
import argparse
import collections
import concurrent.futures
import json
import math
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile

SIZES = (32, 48, 64, 96, 128)
NETWORKS = ("resnet20", "mobilenet_v3_small")
UNITS = {"MB": 1e6, "GB": 1e9}


class MemoryCgroup:
    """A new memory cgroup below this process's."""

    def __init__(self, limit_bytes):
        lines = pathlib.Path("/proc/self/cgroup").read_text().splitlines()
        groups = {line.split(":")[1]: line.split(":")[2].lstrip("/") for line in lines}
        if "memory" in groups:
            root, self.limit, self.events = pathlib.Path("/sys/fs/cgroup/memory"), "memory.limit_in_bytes", "memory.oom_control"
            parent = root / groups["memory"]
        else:
            root, self.limit, self.events = pathlib.Path("/sys/fs/cgroup"), "memory.max", "memory.events"
            parent = root
            (parent / "cgroup.subtree_control").write_text("+memory")
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="assay-memory-", dir=parent if parent.is_dir() else root))
        (self.path / self.limit).write_text(str(int(limit_bytes)))

    def num_killed(self):
        return int(re.search(r"oom_kill (\d+)", (self.path / self.events).read_text()).group(1))

    def enter(self):
        (self.path / "cgroup.procs").write_text(str(os.getpid()))

    def close(self):
        self.path.rmdir()


def run(command, limit_bytes, environment=None):
    group = MemoryCgroup(limit_bytes)
    try:
        done = subprocess.run(command, preexec_fn=group.enter, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=900,
                              stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, check=False)
        return done.returncode, done.stdout.decode(errors="replace"), group.num_killed()
    finally:
        group.close()


def size(text):
    number, unit = text.split()
    return float(number) * UNITS[unit]


def draw(number):
    rng = random.Random(number)
    return rng.choice(NETWORKS), rng.choice(SIZES), math.exp(rng.uniform(math.log(200e6), math.log(4e9)))


def command_of(options, network, side, folder, overrides):
    return [options.program, "--config-dir", options.config_dir, "data=shapes", f"model={network}", f"data.image_size={side}", "data.num_train=640", "data.num_test=60",
            "train.epochs=1", "train.trial.limit_batches=1", "train.batch.cache=false", "device.threads=1", "track=off",
            "latency.rounds=1", "latency.calls=1", "latency.warmup=0", f"run.dir={folder}", *overrides]


def trial(options, number):
    network, side, limit = draw(number)
    folder = tempfile.mkdtemp(prefix="assay-memory-")
    try:
        code, output, killed = run(command_of(options, network, side, folder, ["train.batch.global=auto"]), limit)
        result = {"number": number, "network": network, "side": side, "limit": limit, "code": code, "killed": killed,
                  "micro": None, "proven": None, "tail": "" if code == 0 else " | ".join(output.strip().splitlines()[-2:])}
        if code != 0:
            return result
        record = json.loads(next(pathlib.Path(folder).rglob("record.json")).read_text())
        result["micro"] = max(step["samples"] for step in record["batch"]["probe_steps"] if step["verdict"] == "fits")
        if result["micro"] >= record["dataset"]["num_train"]:
            return result
        free, budget = re.search(r"memory +.*, ([\d.]+ [MG]B) free; budget ([\d.]+ [MG]B)", output).groups()
        more = math.ceil(result["micro"] / 0.85)
        shutil.rmtree(folder, ignore_errors=True)
        overrides = [f"train.batch.global={more}", f"train.batch.micro={more}", "device.enforce_budget=false", "techniques=[]",
                     "device.host_memory_fraction=1.0"]
        code, output, killed = run(command_of(options, network, side, folder, overrides), limit - size(free) + size(budget),
                                   {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=0"})
        result["proven"] = killed > 0 or code != 0
        result["more"] = more
        return result
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--config-dir", default="configs")
    options = parser.parse_args()
    try:
        MemoryCgroup(1e9).close()
    except OSError as error:
        print(f"no memory cgroup can be made here: {error}")
        return 77
    endings, proven = collections.Counter(), collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        numbers = range(options.first, options.first + options.runs)
        for result in pool.map(lambda number: trial(options, number), numbers):
            ending = "killed by the kernel" if result["killed"] else f"exit {result['code']}"
            endings[ending] += 1
            if result["proven"] is not None:
                proven[result["proven"]] += 1
            more = {None: "largest allowed", True: "1/0.85 of it does not fit", False: "1/0.85 of it FITS"}[result["proven"]]
            print(f"{result['number']:>3} {result['network']} {result['side']} px, limit {result['limit'] / 1e6:.0f} MB: {ending}, "
                  + (f"micro batch {result['micro']}, {more}" if result["micro"] else result["tail"]), flush=True)
    print(f"\n| {options.runs} runs | |\n|---|---|")
    for ending, count in sorted(endings.items()):
        print(f"| {ending} | {count} |")
    print(f"| micro batch found is >= 85 % of what truly fits | {proven[True]} of {proven[True] + proven[False]} |")
    return 0 if set(endings) <= {"exit 0", "exit 2"} else 1


if __name__ == "__main__":
    sys.exit(main())
