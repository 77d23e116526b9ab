"""Times MLflow's own client: mlflow_client.py URI WHAT; prints seconds.

WHAT: log_metric, log_metric_async, deliver, large_file, small_files, model, first.

log_metric, log_metric_async: one call, the mean of many. deliver: 10,000 points of a run in batches of 1,000, run included.
large_file, small_files: one of 100 MB, 200 of 1 kB, run included. first: one point, not timed here.
model: a TorchScript network of 10 MB as a logged model, run included; `import` and model requirements are not timed.
"""

import logging
import os
import pathlib
import sys
import tempfile
import time

os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

import mlflow
from mlflow.entities import Metric

NUM_POINTS = 10_000


def time_calls(client, run_id, synchronous):
    """Returns the seconds of one call; queued points are sent before the run ends."""
    count = 200 if synchronous else 2000
    begin = time.perf_counter()
    for step in range(count):
        client.log_metric(run_id, "train/loss", 0.5, step=step, synchronous=synchronous)
    seconds = (time.perf_counter() - begin) / count
    mlflow.flush_async_logging()
    return seconds


def time_delivery(client, experiment_id):
    """Returns the seconds from making a run to its end."""
    begin = time.perf_counter()
    run_id = client.create_run(experiment_id).info.run_id
    for first in range(0, NUM_POINTS, 1000):
        now = int(time.time() * 1000)
        client.log_batch(run_id, [Metric("train/loss", 0.5, now, step) for step in range(first, first + 1000)])
    client.set_terminated(run_id)
    return time.perf_counter() - begin


def time_files(experiment_id, count, size):
    """Returns the seconds from creating a run with files of the given sizes to its end."""
    with tempfile.TemporaryDirectory() as folder:
        for i in range(count):
            pathlib.Path(folder, str(i)).write_bytes(b"x" * size)
        begin = time.perf_counter()
        with mlflow.start_run(experiment_id=experiment_id):
            mlflow.log_artifacts(folder, "files")
        return time.perf_counter() - begin


def time_model(experiment_id):
    """Returns the seconds from making a run to its end."""
    import mlflow.pytorch
    import torch

    network = torch.jit.trace(torch.nn.Linear(2500, 1000).eval(), torch.zeros(1, 2500))
    begin = time.perf_counter()
    with mlflow.start_run(experiment_id=experiment_id):
        mlflow.pytorch.log_model(network, name="network", serialization_format="pickle", pip_requirements=["torch"])
    return time.perf_counter() - begin


def main():
    uri, what = sys.argv[1:]
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    found = client.get_experiment_by_name("bench-python")
    experiment_id = found.experiment_id if found else client.create_experiment("bench-python")
    if what == "deliver":
        print(time_delivery(client, experiment_id))
    elif what in ("large_file", "small_files"):
        print(time_files(experiment_id, *((1, 100_000_000) if what == "large_file" else (200, 1000))))
    elif what == "first":
        with mlflow.start_run(experiment_id=experiment_id):
            mlflow.log_metric("train/loss", 0.5, step=1)
    elif what == "model":
        print(time_model(experiment_id))
    else:
        run_id = client.create_run(experiment_id).info.run_id
        print(time_calls(client, run_id, synchronous=what == "log_metric"))
        client.set_terminated(run_id)


if __name__ == "__main__":
    main()
