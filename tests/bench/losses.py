"""Counts the points lost under faults: losses.py BUILD [--rounds 20] [--clients assay,async] [--faults SIGKILL,...]

Each round is a process that logs a run (losses_worker.cpp or .py) through fault_proxy.py to a real MLflow server and meets the
fault at a random moment; `async` and `sync` are MLflow's own client. Then `assay sync` runs once for the rest of Assay's data,
as documented, and everything is read back. A point is lost if its log call had returned and it is not stored; twice counts
points and runs stored more than once.
Prints a Markdown table; standard error shows the progress.
"""

import argparse
import atexit
import dataclasses
import itertools
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import requests
from fault_proxy import FaultProxy

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTHON = ROOT / ".venv" / "bin" / "python"
OUTAGE_S, PATIENCE_S = 12, 300
# Points of a run by client. `sync` waits for the server at each call; the server answers about a hundred a second.
NUM_POINTS = {"assay": 2000, "async": 2000, "sync": 100}


@dataclasses.dataclass
class Fault:
    name: str
    status: str  # required final status of the run
    duration_s: float  # of the logging
    at_once: int  # processes of Assay
    proxy: str = None  # the proxy's fault during the whole run


FAULTS = [
    Fault("SIGKILL", "KILLED", 5, 5),
    Fault("SIGTERM", "KILLED", 5, 5),
    Fault("server away for 12 s", "FINISHED", 10, 20),
    Fault("server killed and started again", "FINISHED", 10, 20),
    Fault("each reply lost once", "FINISHED", 10, 20, "drop replies"),
    Fault("random faults of the network", "FINISHED", 10, 20, "random"),
]


class Server:
    """A real MLflow server with one worker, in its own folder."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            self.port = listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        atexit.register(self.kill)
        self.start()

    def start(self):
        storage = "--backend-store-uri sqlite:///mlflow.db --artifacts-destination ./artifacts"
        command = [PYTHON, *f"-m mlflow server {storage} --host 127.0.0.1 --port {self.port} --workers 1".split()]
        environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
        with open(self.folder / "server.log", "ab") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": log, "start_new_session": True}
            self.process = subprocess.Popen(command, cwd=self.folder, env=environment, **streams)
        while self.process.poll() is None:
            try:
                return requests.get(self.url + "/health", timeout=5).raise_for_status()
            except requests.RequestException:
                time.sleep(0.2)
        sys.exit(f"the server did not start: {self.folder}/server.log")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def call(self, method, endpoint, **what):
        answer = requests.request(method, f"{self.url}/api/2.0/mlflow/{endpoint}", timeout=120, **what)
        answer.raise_for_status()
        return answer.json()

    def runs(self, experiment_id):
        query = {"experiment_ids": [experiment_id], "max_results": 1000}
        return self.call("POST", "runs/search", json=query).get("runs", [])

    def points(self, run_id):
        """Returns the step and the value of each stored point."""
        points = self.call("GET", "metrics/get-history", params={"run_id": run_id, "metric_key": "loss"}).get("metrics", [])
        return [(int(point.get("step", 0)), float(point["value"])) for point in points]


class Worker:
    """A process that logs a run. It is ready after its imports, and starts on command."""

    def __init__(self, client, arguments, folder):
        self.returned, self.longest_us, self.is_through = [], 0, False
        own = [client["worker"], arguments["url"], folder] if client["name"] == "assay" else [
            PYTHON, ROOT / "tests/bench/losses_worker.py", arguments["url"], client["name"]]
        command = [*own, arguments["experiment"], folder.name, str(arguments["points"]), str(arguments["duration_s"])]
        self.log = open(folder.with_suffix(".log"), "wb")
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.log, "text": True}
        self.process = subprocess.Popen(command, **streams)
        self.ready, self.begun = threading.Event(), threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            step, microseconds = line.split()
            if step == "ready":
                self.ready.set()
            elif step == "end":
                self.is_through = True
            else:
                self.returned.append(int(step))
                self.longest_us = max(self.longest_us, int(microseconds))
                self.begun.set()
        self.ready.set()
        self.begun.set()

    def begin(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def strike(self, signal_number, wait_s):
        """Sends a signal some time after the first log call."""
        self.begun.wait(PATIENCE_S)
        time.sleep(wait_s)
        self.process.send_signal(signal_number)

    def wait(self, deadline):
        try:
            self.process.wait(max(1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.log.close()


def run_group(fault, workers, proxy, server):
    """Runs workers side by side under the fault."""
    threads = []
    for worker in workers:
        worker.begin()
        if fault.name.startswith("SIG"):
            moment = random.uniform(0.02, 0.98) * fault.duration_s
            threads.append(threading.Thread(target=worker.strike, args=(getattr(signal, fault.name), moment)))
            threads[-1].start()
        time.sleep(random.uniform(0, 0.2))
    if fault.name.startswith("server"):
        time.sleep(random.uniform(1, 3))
        proxy.go_away() if "away" in fault.name else server.kill()
        time.sleep(OUTAGE_S if "away" in fault.name else 1)
        proxy.fault = None
        if "killed" in fault.name:
            server.start()
    for thread in threads:
        thread.join()
    deadline = time.monotonic() + PATIENCE_S
    for worker in workers:
        worker.wait(deadline)


def count(fault, workers, runs, server):
    """Compares the logged points with the stored ones."""
    total = {"logged": 0, "lost": 0, "twice": 0, "wrong status": 0, "longest call": 0}
    for name, worker in workers.items():
        found = [run for run in runs if run["info"]["run_name"] == name]
        stored = [point for run in found for point in server.points(run["info"]["run_id"])]
        pairs = {(kind, one["key"]) for run in found for kind in ("params", "tags") for one in run["data"].get(kind, [])}
        begun = [("params", "lr"), ("params", "points"), ("tags", "begin")] if worker.returned else []
        expected = {(step, step / 7) for step in worker.returned} | set(begun)
        if worker.is_through:
            expected.add(("tags", "end"))
        total["logged"] += len(expected)
        lost = expected - set(stored) - pairs
        total["lost"] += len(lost)
        if lost:
            print(f"  {fault.name}, run {name}: lost {len(lost)}, such as {sorted(map(str, lost))[:4]}", file=sys.stderr)
        total["twice"] += len(stored) - len(set(stored)) + max(0, len(found) - 1)
        # A process that ended before the signal counts as finished.
        right = "FINISHED" if worker.is_through else fault.status
        total["wrong status"] += [run["info"]["status"] for run in found] != [right]
        total["longest call"] = max(total["longest call"], worker.longest_us / 1e3)
    return total


def measure(fault, client, num_rounds, server, build, folder):
    """Returns the table row of one fault and one client."""
    experiment = f"{fault.name} {client}"
    experiment_id = server.call("POST", "experiments/create", json={"name": experiment})["experiment_id"]
    proxy = FaultProxy(server.port)
    what = {"url": f"http://127.0.0.1:{proxy.port}", "experiment": experiment, "duration_s": fault.duration_s}
    what["points"] = NUM_POINTS[client]
    workers = {}
    try:
        for name in map(str, range(num_rounds)):
            workers[name] = Worker({"name": client, "worker": build / "bin/bench_losses"}, what, folder / name)
        for worker in workers.values():
            worker.ready.wait(PATIENCE_S)
        # When many retry, MLflow's ten threads per process need twice as many database connections as the server has.
        at_once = fault.at_once if client == "assay" else 5
        for first in range(0, num_rounds, at_once):
            proxy.fault = fault.proxy
            run_group(fault, list(workers.values())[first : first + at_once], proxy, server)
        proxy.fault = None
        if client == "assay":
            command = [build / "bin/assay", "sync", folder]
            synced = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
            print(f"  sync: exit code {synced.returncode}, {synced.stdout.splitlines()[-1]}", file=sys.stderr)
        return count(fault, workers, server.runs(experiment_id), server)
    finally:
        for worker in workers.values():
            worker.process.kill()
        proxy.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--clients", default="assay,async")
    parser.add_argument("--faults", default="")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that started processes are stopped
    asked = [fault for fault in FAULTS if any(fault.name.startswith(one) for one in options.faults.split(","))]
    begin = time.monotonic()
    print("| fault | client | rounds | logged | lost | twice | wrong status | longest call |\n|---|---|---|---|---|---|---|---|")
    for fault, client in itertools.product(asked, options.clients.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            place = pathlib.Path(folder) / "runs"
            place.mkdir()
            server = Server(place.parent)  # a new one, unaffected by requests queued by the previous client
            try:
                total = measure(fault, client, options.rounds, server, options.build.resolve(), place)
            finally:
                server.kill()
        cells = [fault.name, client, options.rounds, *list(total.values())[:4], f"{total['longest call']:,.1f} ms"]
        print("| " + " | ".join(f"{cell:,}" if isinstance(cell, int) else cell for cell in cells) + " |", flush=True)
    print(f"{time.monotonic() - begin:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
