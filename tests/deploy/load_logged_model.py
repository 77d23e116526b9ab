"""Opens a registered model as a user of MLflow does and prints what came out, as JSON.

usage: load_logged_model.py TRACKING_URI NAME ALIAS INPUTS SIZE
INPUTS: raw float32, (N, 3, SIZE, SIZE). `serve` stands for `mlflow models serve`.
"""
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import mlflow
import numpy
import torch

uri, name, alias, inputs_file, size = sys.argv[1:6]
venv_bin = os.path.join(os.path.dirname(__file__), "../../.venv/bin")


def load(model_uri):
    module = mlflow.pytorch.load_model(model_uri)
    with torch.no_grad():
        return module(torch.from_numpy(inputs)).tolist()


def load_for(engine, model_uri):
    """Loads with the int8 engine for which the weights were made, as the model's metadata names it."""
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = engine or before
    outputs = load(model_uri)
    torch.backends.quantized.engine = before
    return outputs


def answer(port, body):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as response:
        return json.load(response)["predictions"]


def serve(model_uri):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [f"{venv_bin}/mlflow", "models", "serve", "-m", model_uri, "--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    environment = os.environ | {"PATH": f"{venv_bin}:{os.environ['PATH']}"}
    server = subprocess.Popen(command, env=environment, stdout=sys.stderr, start_new_session=True)
    try:
        for _ in range(1200):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping").close()
                return answer(port, {"inputs": inputs.tolist()})
            except OSError:
                if server.poll() is not None:
                    raise
                time.sleep(0.1)
        raise TimeoutError("the model's server did not start within two minutes")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


torch.set_num_threads(1)
os.environ |= {"OMP_NUM_THREADS": "1", "MLFLOW_TRACKING_URI": uri}
mlflow.set_tracking_uri(uri)
inputs = numpy.fromfile(inputs_file, dtype=numpy.float32).reshape(-1, 3, int(size), int(size))
by_alias = f"models:/{name}@{alias}"
version = mlflow.MlflowClient().get_model_version_by_alias(name, alias)
info = mlflow.models.get_model_info(by_alias)
model = mlflow.pyfunc.load_model(version.source)
figures = {
    "pytorch": load(version.source),
    "pytorch_for_engine": load_for(info.metadata["engine"], version.source),
    "pyfunc": model.predict(inputs).tolist(),
    "by_alias": mlflow.pyfunc.load_model(by_alias).predict(inputs).tolist(),
    "serve": serve(version.source),
    "by_run": load(f"runs:/{version.run_id}/{mlflow.get_logged_model(info.model_id).name}"),
    "inputs": [[str(one.type), list(one.shape)] for one in info.signature.inputs],
    "outputs": [[str(one.type), list(one.shape)] for one in info.signature.outputs],
    "example": model.input_example.tolist(),
    "metadata": info.metadata,
    "flavors": sorted(info.flavors),
    "registered": int(mlflow.register_model(version.source, name).version),
}
print(json.dumps(figures))
