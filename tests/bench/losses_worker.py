"""Logs a run with MLflow's own client, as losses_worker.cpp does with Assay's: losses_worker.py URI MODE EXPERIMENT NAME POINTS SECONDS

Prints "ready" and starts at a line on standard input. MODE: `sync` waits for the server at each call; `async` queues calls
and sends them once a second. Without that buffering, MLflow's default, twenty processes of ten threads exhaust a server's
database connections and lose points without a fault.
"""

import os
import sys
import time

os.environ["MLFLOW_ASYNC_LOGGING_BUFFERING_SECONDS"] = "1"
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

import mlflow


def main():
    uri, mode, experiment, name, num_points, duration_s = sys.argv[1:]
    num_points, duration_s = int(num_points), float(duration_s)
    os.write(1, b"ready 0\n")
    sys.stdin.readline()
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment(experiment)
    with mlflow.start_run(run_name=name, tags={"begin": "set"}):
        begin = time.perf_counter()
        mlflow.log_params({"lr": "0.1", "points": str(num_points)}, synchronous=mode == "sync")
        for step in range(num_points):
            called = time.perf_counter()
            mlflow.log_metric("loss", step / 7, step=step, synchronous=mode == "sync")
            took_us = (time.perf_counter() - called) * 1e6
            os.write(1, f"{step} {took_us:.0f}\n".encode())
            time.sleep(max(0.0, duration_s * (step + 1) / num_points - (time.perf_counter() - begin)))
        mlflow.set_tag("end", "reached", synchronous=mode == "sync")
        os.write(1, b"end 0\n")


if __name__ == "__main__":
    main()
