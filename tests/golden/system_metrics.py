#!/usr/bin/env python3
"""Write system_metrics.json: psutil's values and MLflow's formulas for the files in tests/golden/host, recorded on a machine
and then edited so that each column matters: a counter restarts, an interface appears. With a process id, print instead
the current values of this machine and that process, or null if psutil is not installed.

Run with: python -m venv V && V/bin/pip install psutil==7.2.2 && V/bin/python tests/golden/system_metrics.py
"""

import json
import pathlib
import sys

try:
    import psutil
except ImportError:
    sys.exit(print("null"))


def memory():
    used = psutil.virtual_memory().used
    return {
        "system_memory_usage_megabytes": used / 1e6,
        "system_memory_usage_percentage": used / psutil.virtual_memory().total * 100,
    }


def recorded():
    """Runs MLflow's monitors over both recordings."""
    folder = pathlib.Path(__file__).parent / "host"
    psutil.PROCFS_PATH = str(folder / "first/proc")
    psutil.cpu_percent()
    network = psutil.net_io_counters()
    psutil.PROCFS_PATH = str(folder / "second/proc")
    values = {"cpu_utilization_percentage": psutil.cpu_percent(), **memory()}
    values["network_receive_megabytes"] = psutil.net_io_counters().bytes_recv / 1e6 - network.bytes_recv / 1e6
    values["network_transmit_megabytes"] = psutil.net_io_counters().bytes_sent / 1e6 - network.bytes_sent / 1e6
    return {"made_with": f"psutil {psutil.__version__}", **values}


def live(process_id):
    disk = psutil.disk_usage("/")
    return {
        "disk_usage_percentage": disk.percent,
        "disk_usage_megabytes": disk.used / 1e6,
        "disk_available_megabytes": disk.free / 1e6,
        "process_memory_megabytes": psutil.Process(process_id).memory_info().rss / 1e6,
        **memory(),
    }


if len(sys.argv) > 1:
    print(json.dumps(live(int(sys.argv[1]))))
else:
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(recorded(), indent=1) + "\n")
