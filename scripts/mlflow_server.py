"""Finds the MLflow server of this checkout: its folder, whether it answers, and its processes."""

import json
import os
import pathlib
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDER = pathlib.Path(os.environ.get("MLFLOW_DIR") or ROOT / ".mlflow").resolve()


def answers(url):
    """Returns whether an MLflow server answers. Its health check passes even while its API fails, so both are queried."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback is never behind a proxy
    try:
        direct.open(f"{url}/health", timeout=5).close()
        with direct.open(f"{url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=Default", timeout=10) as answer:
            return "experiment" in json.load(answer)
    except urllib.error.HTTPError as error:
        return error.headers.get_content_type() == "application/json" and b"RESOURCE_DOES_NOT_EXIST" in error.read()
    except (OSError, ValueError):
        return False


def members(session):
    """Returns the session's processes that work in the server's folder, so that a reused session number matches none."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            state, _parent, _group, its_session = (process / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(its_session) == session and state != "Z" and pathlib.Path(os.readlink(process / "cwd")) == FOLDER:
                found.append(int(process.name))
        except OSError:
            continue  # has ended, or belongs to another user
    return found
