#!/usr/bin/env python3
"""Write report_statistics.json: golden numbers for report/statistics.cpp, from SciPy and from explicit samples in NumPy.

Run with: python -m venv V && V/bin/pip install scipy numpy && V/bin/python tests/golden/report_statistics.py
"""

import json
import pathlib

import numpy
import scipy.stats


def wilson(correct, total):
    interval = scipy.stats.binomtest(correct, total).proportion_ci(confidence_level=0.95, method="wilson")
    return {"correct": correct, "total": total, "low": interval.low, "high": interval.high}


def paired(change, changed, total):
    """The widest case: every changed prediction changes its correctness, +1 or -1; all others are 0."""
    gains = (changed + change) // 2
    differences = numpy.array([1] * gains + [-1] * (changed - gains) + [0] * (total - changed), dtype=float)
    error = numpy.std(differences) / numpy.sqrt(total)
    low, high = scipy.stats.norm.interval(0.95, loc=differences.mean(), scale=error)
    return {"change": change, "changed": changed, "total": total, "low": low, "high": high}


golden = {
    "made_with": f"scipy {scipy.__version__}, numpy {numpy.__version__}",
    "wilson": [wilson(*case) for case in [(0, 10), (10, 10), (1, 3), (1820, 2000), (9137, 10000), (5, 1000000)]],
    "paired": [paired(*case) for case in [(-16, 40, 2000), (-1, 3, 2000), (4, 100, 10000), (-30, 30, 500)]],
}
path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(golden, indent=1) + "\n")
print(path)
