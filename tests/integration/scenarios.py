"""Runs a table of scenarios through MLflow's own client, and compares the server's data with those from Assay's client.

scenarios.py URI TABLE RESULTS. RESULTS, written by scenarios_test.cpp: each row's run and how many of its calls were rejected.
Prints a line for each difference, then one with the counts; exit code 1 if there is a difference.
"""

import hashlib
import json
import logging
import os
import pathlib
import re
import sys
import tempfile
import time
import urllib.parse

os.environ |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false"}
os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"

import requests
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking.context.registry import resolve_tags

# Fields that may differ between two clients, by their path in the data read back: the replacement; None: omitted.
RULES = {
    r"(^|\.)info\.(run_id|run_uuid|experiment_id|artifact_uri|start_time|end_time)$": "<the server's or the clock's>",
    r"^experiment\.(experiment_id|artifact_location|creation_time|last_update_time)$": "<the server's or the clock's>",
    r"\.timestamp$": "<the clock's>",  # `times` below checks whether they lie inside the run
    r"\.run_id$": "<the server's>",
    r"(^|\.)data\.tags\.mlflow\.parentRunId$": "<the parent's>",  # children are found by it
    r"(^|\.)data\.tags\.assay\.run_uuid$": None,
    r"(^|\.)data\.tags\.assay\.delivery$": None,
    r"(^|\.)data\.tags\.mlflow\.source\.(name|git\..*)$": None,  # of the program; compared if a row sets it, see tags_of
}
# Files that Assay adds to a run: the list of its files, and the full texts of params that both cut.
ASSAYS_OWN = ("manifest.json", "params")


def text_of(content):
    """Returns the text described by the table, or its bytes if given as "hex"."""
    if isinstance(content, str):
        return content
    unit = bytes.fromhex(content["hex"]) if "hex" in content else content["text"]
    return unit * content.get("times", 1)


class Performer:
    """Creates a row's run and makes its calls through MLflow's client, like its fluent functions."""

    def __init__(self, client, folder):
        self.client, self.folder = client, pathlib.Path(folder)

    def perform(self, row):
        name = row.get("experiment", "scenarios") + " (python)"
        found = self.client.get_experiment_by_name(name)
        self.experiment = found.experiment_id if found else self.client.create_experiment(name)
        return self.run(row, {})

    def run(self, row, tags):
        tags = resolve_tags(tags | row.get("tags", {}))
        run_id = self.client.create_run(self.experiment, tags=tags, run_name=row["run"]).info.run_id
        refused = sum(self.call(run_id, call) for call in row["calls"])
        self.client.set_terminated(run_id, row.get("status", "FINISHED"))
        return {"run_id": run_id, "refused": refused}

    def call(self, run_id, call):
        """Returns how many calls were rejected."""
        kind = next(iter(call))
        try:
            return getattr(self, kind)(run_id, call) or 0
        except (MlflowException, OSError):  # the requests library raises OSError
            return 1

    def param(self, run_id, call):
        self.client.log_param(run_id, text_of(call["param"]), text_of(call["value"]))

    def metric(self, run_id, call):
        self.client.log_metric(run_id, text_of(call["metric"]), float(call["value"]), step=call["step"])

    def points(self, run_id, call):
        now, steps = int(time.time() * 1000), range(call["count"])
        metrics = [Metric(call["points"], step / 7, now, step) for step in steps]
        for first in range(0, len(metrics), 1000):
            self.client.log_batch(run_id, metrics[first : first + 1000])

    def tag(self, run_id, call):
        self.client.set_tag(run_id, text_of(call["tag"]), text_of(call["value"]))

    def artifact(self, run_id, call):
        content = text_of(call["content"])
        folder, _, name = call["artifact"].rpartition("/")
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.client.log_artifact(run_id, str(file), folder or None)

    def dataset(self, run_id, call):
        facts = {"source": "{}"} | {key: text_of(value) for key, value in call.items() if key not in {"dataset", "context"}}
        entity = Dataset(name=text_of(call["dataset"]), **facts)
        context = [InputTag("mlflow.data.context", call["context"])]
        self.client.log_inputs(run_id, datasets=[DatasetInput(dataset=entity, tags=context)])

    def child(self, run_id, call):
        return self.run(call | {"run": call["child"]}, {"mlflow.parentRunId": run_id})["refused"]

    def pause_ms(self, run_id, call):
        time.sleep(call["pause_ms"] / 1000)


class Reader:
    """Reads back all of a run's data with its own requests. Numbers keep the text in which they were sent."""

    def __init__(self, uri):
        self.base, self.session = uri + "/api/2.0/", requests.Session()

    def fetch(self, method, endpoint, **what):
        answer = self.session.request(method, self.base + endpoint, **what)
        answer.raise_for_status()
        return answer.content

    def get(self, endpoint, **query):
        return json.loads(self.fetch("GET", "mlflow/" + endpoint, params=query), parse_float=str, parse_int=str)

    def read(self, run_id):
        run = self.get("runs/get", run_id=run_id)["run"]
        experiment = self.get("experiments/get", experiment_id=run["info"]["experiment_id"])["experiment"]
        experiment["name"] = re.sub(r" \((assay|python)\)$", "", experiment["name"])
        return self.family(run) | {"experiment": experiment}

    def family(self, run):
        """Returns a run and its descendants."""
        info, data = run["info"], run["data"]
        for kind in ("params", "tags", "metrics"):
            data[kind] = {one["key"]: one if kind == "metrics" else one["value"] for one in data.get(kind, [])}
        history = {key: self.history(info["run_id"], key) for key in data["metrics"]}
        points = [int(point["timestamp"]) for points in history.values() for point in points]
        inside = all(int(info["start_time"]) <= time_ms <= int(info["end_time"]) for time_ms in points)
        inputs = sorted(run.get("inputs", {}).get("dataset_inputs", []), key=lambda one: json.dumps(one, sort_keys=True))
        below = self.children(info)
        return {"info": info, "data": data, "history": history, "times": {"inside": inside}, "inputs": inputs} | {
            "artifacts": self.artifacts(info, ""), "children": {one["info"]["run_name"]: self.family(one) for one in below}
        }

    def history(self, run_id, key):
        points = self.get("metrics/get-history", run_id=run_id, metric_key=key)["metrics"]
        return sorted(points, key=lambda point: (int(point.get("step", 0)), int(point["timestamp"])))

    def children(self, info):
        query = {"experiment_ids": [info["experiment_id"]], "filter": f"tags.`mlflow.parentRunId` = '{info['run_id']}'"}
        answer = self.fetch("POST", "mlflow/runs/search", json=query)
        return json.loads(answer, parse_float=str, parse_int=str).get("runs", [])

    def artifacts(self, info, folder):
        """Returns each file's size and digest, each folder's content."""
        tree = {}
        for entry in self.get("artifacts/list", run_id=info["run_id"], path=folder).get("files", []):
            if entry["path"] in ASSAYS_OWN:
                continue
            if entry["is_dir"]:
                tree[entry["path"]] = self.artifacts(info, entry["path"])
                continue
            path = info["artifact_uri"].removeprefix("mlflow-artifacts:") + "/" + entry["path"]
            content = self.fetch("GET", "mlflow-artifacts/artifacts" + urllib.parse.quote(path))
            tree[entry["path"]] = {"size": entry.get("file_size"), "sha256": hashlib.sha256(content).hexdigest()}
        return tree


def flatten(value, place=""):
    """Yields each leaf of the data read back, with its path; an empty list or object is also a leaf."""
    if isinstance(value, (dict, list)) and value:
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, below in pairs:
            yield from flatten(below, f"{place}.{key}" if place else str(key))
    else:
        yield place, value


def comparable(run, row):
    """Returns the fields of a run after applying the rules."""
    fields = {}
    for place, value in flatten(run):
        rule = next((rule for rule in RULES if re.search(rule, place)), None)
        is_set_by_row = place.removeprefix("data.tags.") in row.get("tags", {})
        if rule is None or is_set_by_row:
            fields[place] = value
        elif RULES[rule] is not None:
            fields[place] = RULES[rule]
    return fields


def compare(row, assay, python):
    """Yields unexpected differences, and expected ones that are missing, as (path, text).

    A row's "differs" maps a pattern of paths to the patterns of Assay's value and of Python's.
    """
    expected, seen = row.get("differs", {}), set()
    for place in sorted(assay.keys() | python.keys()):
        values = [str(fields.get(place, "<nothing>")) for fields in (assay, python)]
        pattern = next((pattern for pattern in expected if re.fullmatch(pattern, place)), None)
        if pattern is None and values[0] != values[1]:
            yield place, f"Assay {values[0][:200]!r}, Python {values[1][:200]!r}"
        elif pattern is not None:
            seen.add(pattern)
            if not all(re.fullmatch(one, value, re.DOTALL) for one, value in zip(expected[pattern], values)):
                yield place, f"expected {expected[pattern]}, read {[value[-80:] for value in values]}"
    for pattern in expected.keys() - seen:
        yield pattern, "expected to differ, and is not there"


def count_calls(calls):
    return sum(count_calls(call["calls"]) if "child" in call else 1 for call in calls)


def main():
    uri, table, results = sys.argv[1], *(json.loads(pathlib.Path(name).read_text()) for name in sys.argv[2:])
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    reader, num_fields, num_differences, num_calls = Reader(uri), 0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        performer = Performer(MlflowClient(uri), folder)
        for row, assay in zip(table, results, strict=True):
            python = performer.perform(row)
            calls = count_calls(row["calls"])
            wanted = {"both": (calls, calls), "assay": (calls, 0), "nobody": (0, 0)}[row.get("refused", "nobody")]
            fields = [comparable(reader.read(one["run_id"]), row) for one in (assay, python)]
            differences = list(compare(row, *fields))
            if (assay["refused"], python["refused"]) != wanted:
                differences.append(("refused", f"Assay {assay['refused']}, Python {python['refused']} of {calls} calls"))
            for place, text in differences:
                print(f"{row['row']}: {place}: {text}")
            num_differences += len(differences)
            num_fields += len(fields[0].keys() | fields[1].keys()) + 1
            num_calls += calls
    print(f"{len(table)} rows, {num_calls} calls, {num_fields} fields compared, {num_differences} differences")
    sys.exit(1 if num_differences else 0)


if __name__ == "__main__":
    main()
