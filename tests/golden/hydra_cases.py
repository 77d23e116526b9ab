"""Composes generated configurations with Hydra 1.3, the independent reference for Assay's composition.

Run: scripts/python tests/golden/hydra_cases.py FOLDER [--trees N] [--seed N]: writes trees, each as YAML and as TOML, and
cases.jsonl with a line per case: dir, primary, overrides, expected (null for an error), error, features, files (that Hydra
read), divergence.
hydra_trees.py generates the files and hydra_overrides.py the overrides. Statistics go to stderr.
"""

import argparse
import collections
import copy
import json
import pathlib
import random
import sys
import time
import warnings

import hydra
from hydra._internal.config_repository import CachingConfigRepository
from hydra._internal.sources_registry import SourcesRegistry
from hydra.core.plugins import Plugins
from omegaconf import OmegaConf, open_dict

import hydra_overrides
from hydra_trees import NUM_BROKEN, make_tree, mend, write_tree

VERSION_BASE = "1.3"
NUM_OVERRIDE_SETS = 7

# Intended differences: name -> (whether it applies to these features and Hydra's answer, Assay's answer, reason).
# The test then requires the given answer of Assay, "refuse" or "accept".
DIVERGENCES = {
    "unknown_keyword": (
        lambda case: "unknown_keyword" in case["features"] and case["expected"] is not None,
        "refuse",
        "`exotic group: option` is taken for `group: option` by Hydra 1.3; 1.4 refuses it, as a mistyped keyword has no effect"),
}


def unshare_files():
    """Copies a file for each place: in Hydra 1.3, arrays of a file placed twice change together."""
    original = CachingConfigRepository.load_config
    CachingConfigRepository.load_config = lambda self, config_path: copy.deepcopy(original(self, config_path))


class LoadedFiles:
    """Records which files of a tree Hydra read, so that only features in use are counted."""

    def __init__(self):
        self.paths = set()
        Plugins.instance()  # registers the sources
        source_type = SourcesRegistry.instance().resolve("file")
        original = source_type.load_config

        def load_config(source, config_path):
            self.paths.add(config_path.removesuffix(".yaml"))
            return original(source, config_path)

        source_type.load_config = load_config


def compose(primary, overrides):
    """Returns Hydra's result: (plain values, choices, "") or (None, {}, message)."""
    try:
        config = hydra.compose(primary, overrides, return_hydra_config=True)
        choices = OmegaConf.to_container(config.hydra.runtime.choices)
        with open_dict(config):
            del config["hydra"]
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
        json.dumps(plain, allow_nan=False)
        return plain, choices, ""
    except Exception as error:  # Hydra rejects with many exception types: ValueError, AssertionError, RecursionError, ...
        return None, {}, f"{type(error).__name__}: {error}"


def case(tree, folder, primary, overrides, features, loaded):
    """Composes one case; returns it with its choices."""
    loaded.paths.clear()
    expected, choices, error = compose(primary, overrides)
    features = sorted(set(features).union(*(tree[path].features for path in loaded.paths if path in tree)))
    one = {"dir": str(folder), "primary": primary, "overrides": overrides, "expected": expected, "error": error,
           "features": features, "files": sorted(loaded.paths & tree.keys()), "divergence": None}
    for name, (holds, answer, _) in DIVERGENCES.items():
        if holds(one):
            one |= {"divergence": name, "expected": None if answer == "refuse" else one["expected"]}
    return one, choices


def cases_of(rng, folder, loaded):
    """Yields the cases of one tree: the primary file alone and with overrides, then those with a mistake."""
    tree = make_tree(rng)
    write_tree(tree, folder)
    with hydra.initialize_config_dir(str(folder), version_base=VERSION_BASE):
        plain, choices = case(tree, folder, "main", [], set(), loaded)
        yield plain
        for _ in range(NUM_OVERRIDE_SETS if plain["expected"] else 1):
            features = set()
            overrides = hydra_overrides.draw(rng, plain["expected"] or tree["main"].values, choices, features)
            yield case(tree, folder, "main", overrides, features, loaded)[0]
        for primary in (f"broken{number}" for number in range(NUM_BROKEN if plain["expected"] else 0)):
            yield case(tree, folder, primary, [], set(), loaded)[0]
            if mending := mend(rng, tree[primary]):
                yield case(tree, folder, primary, [mending], {"mended"}, loaded)[0]


def print_statistics(cases, seconds):
    accepted = collections.Counter()
    counts = collections.Counter()
    for one in cases:
        counts.update(one["features"])
        accepted.update(one["features"] if one["expected"] is not None else [])
    num_accepted = sum(one["expected"] is not None for one in cases)
    print(f"{len(cases)} cases, {num_accepted} accepted, {seconds:.0f} s", file=sys.stderr)
    for feature, count in sorted(counts.items()):
        print(f"{feature:28} {count:5} of which accepted {accepted[feature]:5}", file=sys.stderr)
    for name, (_, answer, reason) in DIVERGENCES.items():
        count = sum(one["divergence"] == name for one in cases)
        print(f"divergence {name}: {count} cases, Assay must {answer}: {reason}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--trees", type=int, default=210)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    unshare_files()
    start, loaded, cases = time.monotonic(), LoadedFiles(), []
    for number in range(options.trees):
        folder = options.folder.resolve() / f"tree{number:04}"
        cases += cases_of(random.Random(f"{options.seed}/{number}"), folder, loaded)
    with open(options.folder / "cases.jsonl", "w", encoding="utf-8") as output:
        output.writelines(json.dumps(one) + "\n" for one in cases)
    print_statistics(cases, time.monotonic() - start)


if __name__ == "__main__":
    main()
