"""Generates configuration trees from a seed and writes each as YAML for Hydra and as TOML for Assay.

A tree is a dict from path ("db/engine/one") to Config. Trees are mostly valid, so that most cases compose; a
primary named "broken..." contains one mistake. Each part is marked with a feature, for the statistics of hydra_cases.py.
"""

import copy
import json
from dataclasses import dataclass, field

OPTIONS = ["one", "two", "three"]
GROUPS = ["db", "db/engine", "db/engine/store", "model", "model/head", "site", "cache"]
PATHS = ["base", "extra/base", "extra/more", "db/base", "db/engine/base", "model/base"]
NUM_BROKEN = 2
TOP = ["db", "model", "site", "cache"]
PACKAGES = ["p", "p.q", "_global_", "_global_.r", "_here_", "_group_", "_group_.s", "table"]
HEADERS = ["_global_", "p", "p.q", "_global_.r", "table", "db.engine"]
STRINGS = ["plain", "a b", "", "yes", "010", "1e3", "null", "True", "x: y", "#no", 'say "hi"', "back\\slash", "é", "1:30", "~"]
SCALARS = ["alpha", "beta", "gamma", "delta"]
# Values of every primary, so that interpolations find them.
ANCHOR = {"seed": 7, "name": "run", "kind": "root", "pointer": "net.width", "sizes": [3, 5, 8]}
REFERENCES = {
    "interpolation": ["${seed}", "${net.width}", "${sizes.0}", "${sizes[1]}", "${net[act]}", "${paths.data}", "${twin_of_seed}"],
    "interpolation_of_node": ["${net}", "${sizes}", "${paths}"],
    "interpolation_nested": ["${paths.${kind}}", "${${pointer}}", "${sizes[${net.index}]}", "a-${paths.${kind}}-b"],
    "interpolation_embedded": ["${name}-${seed}", "w${net.width}/${paths.root}", "r=${net.rate}!", "${seed}${seed}", "on=${net.on} ${net.none}"],
    "interpolation_escaped": [r"\${seed}", r"a\${seed} ${seed}", r"\\${seed}", r"\\\${seed}", r"\$x", "$seed {x} }", "a$", "$ {seed}"],
    "resolver": ["${oc.select:seed}", "${oc.select:nowhere,4}", "${oc.env:ASSAY_UNSET,text}", "${oc.decode:'[1, 2]'}",
                 "${oc.dict.keys:net}", "${oc.dict.values:paths}", "${oc.create:{a:1}}", "${oc.decode:${net.digits}}"],
}
# Mistakes of a defaults list: feature -> (weight, entries). An override can fix those at cache@bad and loop.
MISTAKES = {
    "missing_option": (3, [{"cache@bad": "absent"}]),
    "missing_path": (2, ["extra/absent"]),
    "duplicate_entry": (5, [None]),
    "double_self": (2, ["_self_"]),
    "bad_override": (4, [{"override cache@nowhere": "one"}, {"override db/none": "one"}]),
    "cycle": (9, [{"loop": "one"}, "loop/two", "broken0"]),
    "choice_due": (4, [{"cache@bad": "???"}]),
    "malformed_entry": (5, [{"cache@two": "one", "site@two": "one"}, {}, 3, {"cache@bad": 1}, {"cache@bad": True}, ["db"], {"cache@bad": [1]}]),
    "clash": (4, ["clash/list", "clash/table"]),
    "bad_option_reference": (3, [{"cache@bad": "${nowhere}"}, {"cache@bad": "${cache@bad}"}, {"cache@bad": ["${db}"]}]),
    "unknown_keyword": (1, [{"exotic cache@bad": "one"}]),
}


@dataclass
class Config:
    values: dict
    defaults: list = None
    package: str = None
    features: set = field(default_factory=set)


def chance(rng, share):
    return rng.random() < share


def scalar(rng):
    return rng.choice([rng.randint(-5, 99), rng.choice([0.5, 1e-3, 2.0, -1.25, 1e-5]), chance(rng, 0.5), None, rng.choice(STRINGS)])


def values(rng, features):
    """Draws the values of one file; names have the same types in all files, so that values are really merged."""
    drawn = {name: scalar(rng) for name in SCALARS if chance(rng, 0.4)}
    if chance(rng, 0.3):
        drawn["list"] = [scalar(rng) for _ in range(rng.randint(0, 3))] + rng.choice([[], [{"k": 1}, [2]]])
    if chance(rng, 0.5):
        drawn["table"] = {name: scalar(rng) for name in SCALARS if chance(rng, 0.4)} | {"deep": {rng.choice("uvw"): scalar(rng)}}
    if chance(rng, 0.35):
        feature = rng.choice(list(REFERENCES))
        features.add(feature)
        drawn[rng.choice(["ref", "ref2"])] = rng.choice(REFERENCES[feature])
    if chance(rng, 0.25):
        features.add("interpolation_relative")
        drawn["block"] = {"x": scalar(rng), "y": "${.x}", "z": {"w": "${..x}", "l": ["${...y}", "${.0}"]}, "t": "${.z.w} and ${.x}"}
    return drawn


def anchor(rng):
    """Returns the values to which interpolations refer."""
    net = {"width": rng.randint(1, 64), "rate": rng.choice([0.5, 1e-3, 2.0]), "act": "relu", "index": rng.choice("012"),
           "on": chance(rng, 0.5), "none": None, "digits": "12"}
    return ANCHOR | {"net": net, "paths": {"root": "/r", "data": "${paths.root}/d"}, "twin_of_seed": "${seed}"}


def relative(target, group):
    """Returns `target` as written in a file of `group`."""
    return target[len(group) + 1:] if group and target.startswith(group + "/") else target if not group else "/" + target


def entry(rng, group, target, features, decorated=0.3):
    """Draws one plain entry of a defaults list in `group` that chooses an option of the group `target`."""
    key, option = relative(target, group), rng.choice(OPTIONS)
    features.add("absolute_group" if key.startswith("/") else "relative_group")
    if not key.startswith("/") and chance(rng, 0.2) and not group:
        key = "/" + key
    if chance(rng, decorated):
        package = rng.choice(PACKAGES)
        features |= {"package_in_list", "package_" + package if package.startswith("_") else "package_name"}
        key += "@" + package
    if chance(rng, 0.1):
        option = rng.sample(OPTIONS, rng.randint(1, 3))
        features.add("multi_select")
    elif chance(rng, 0.1):
        features.add("null_option")
        option = None
    elif chance(rng, 0.015):
        features.add("missing_choice")
        option = "???"
    if chance(rng, 0.12):
        features.add("optional")
        key, option = "optional " + key, rng.choice([option, "absent"])
    return {key: option}


def path_entry(rng, group, features):
    """Draws an entry that names a file by its path."""
    features.add("config_path")
    inside = [path for path in PATHS if group and path.rsplit("/", 1)[0] == group]
    path = relative(rng.choice(inside or PATHS[:3]), group)
    if chance(rng, 0.2):
        features.add("config_path_package")
        path += "@" + rng.choice(["p", "_global_", "_here_", "p.q"])
    return path


def with_self(rng, entries, features):
    """Inserts _self_ anywhere among the plain entries, or not at all."""
    place = rng.choice(["first", "last", "middle", "absent"])
    features.add("self_" + place)
    at = {"first": 0, "last": len(entries), "middle": rng.randint(0, len(entries)), "absent": None}[place]
    return entries if at is None else entries[:at] + ["_self_"] + entries[at:]


def group_file(rng, group):
    """Draws an option of a group; its own defaults list may choose from groups below it, or elsewhere."""
    config = Config({})
    config.values = values(rng, config.features) | {"origin": f"{group}-{rng.randint(0, 99)}"}
    below = [name for name in GROUPS if name.startswith(group + "/") and name.count("/") == group.count("/") + 1]
    entries = [entry(rng, group, name, config.features, 0.2) for name in below if chance(rng, 0.7)]
    elsewhere = {"site": [], "cache": ["/site@s"]}.get(group, ["/site@s", "/cache", "/site@_global_.t", "/cache@c.d"])
    if elsewhere and chance(rng, 0.12):
        config.features.add("nested_elsewhere")
        entries.append({rng.choice(elsewhere): rng.choice(OPTIONS)})
    if chance(rng, 0.15) and any(path.rsplit("/", 1)[0] == group for path in PATHS):
        entries.append(path_entry(rng, group, config.features))
    if entries or chance(rng, 0.1):
        config.features.add("recursion")
        config.defaults = with_self(rng, entries, config.features)
    if chance(rng, 0.12):
        config.package = rng.choice(HEADERS)
        config.features.add("package_header")
    return config


def spare_file(rng, path):
    config = Config({})
    config.values = values(rng, config.features) | {"origin": path}
    return config


def choosable(entries):
    """Returns group -> option of the entries that are plain `group: option`."""
    pairs = [next(iter(one.items())) for one in entries if isinstance(one, dict)]
    return {key.lstrip("/"): option for key, option in pairs if isinstance(option, str) and not set(key) & set("@ ")}


def overrides_of(rng, entries, features, absolute):
    """Draws `override` entries for the choices of the plain entries."""
    keys = [next(iter(one)).removeprefix("optional ").lstrip("/") for one in entries if isinstance(one, dict)]
    keys = [key for key in keys if not any(word in key for word in ("_here_", "_group_", "_global_"))]
    result = []
    for key in rng.sample(keys, min(len(keys), rng.randint(1, 2))):
        features.add("override_entry")
        key = key + "/engine" if key == "db" and chance(rng, 0.1) else key
        result.append({f"override {'/' if absolute or chance(rng, 0.3) else ''}{key}": rng.choice([*OPTIONS, OPTIONS[:2], None if "@" in key else "one"])})
    return result


def primary(rng):
    """Draws a primary file and an experiment that fits it."""
    config = Config(anchor(rng))
    config.values |= values(rng, config.features)
    entries = [entry(rng, "", group, config.features) for group in rng.sample(TOP, rng.randint(1, 4))]
    if chance(rng, 0.25):
        config.features.add("group_twice")
        entries += [{f"site@{name}": rng.choice(OPTIONS)} for name in ("left", "right.hand")]
    if chance(rng, 0.3):
        entries.append(path_entry(rng, "", config.features))
    chosen = choosable(entries)
    if chosen and chance(rng, 0.45):
        config.features.add("interpolated_option")
        source = rng.choice(list(chosen))
        option = rng.choice(["${%s}", "${%s}", "${%s}_and_${%s}"]).replace("%s", source)
        entries.append({rng.choice(["cache@pick", "model/head@pick", "site@pick.it"]): option})
    rng.shuffle(entries)
    fit = experiment(rng, entries)
    if chance(rng, 0.5):
        config.features.add("experiment_slot")
        entries.append({rng.choice(["experiment", "optional experiment"]): rng.choice([None, None, "fit"])})
    entries = with_self(rng, entries, config.features)
    config.defaults = entries + (overrides_of(rng, entries, config.features, False) if chance(rng, 0.25) else [])
    return config, fit


def experiment(rng, entries):
    config = Config({}, package="_global_", features={"experiment"})
    config.values = values(rng, config.features) | {"net": {"width": rng.randint(100, 200)}, "seed": rng.randint(100, 200)}
    own = [path for path in ["/extra/base", "/extra/more"] if chance(rng, 0.2)]
    config.defaults = with_self(rng, own, config.features) + overrides_of(rng, entries, config.features, True)
    return config


def break_it(rng, config):
    """Inserts one mistake, or something similar that is valid, into a primary file."""
    place = rng.randint(0, len(config.defaults)) if chance(rng, 0.2) else 0
    first = next((key for one in config.defaults if isinstance(one, dict) for key in one), "db")
    mistake = rng.choices(list(MISTAKES), [weight for weight, _ in MISTAKES.values()])[0]
    inserted = rng.choice(MISTAKES[mistake][1])
    config.features |= {mistake, "mistake"}
    place = len(config.defaults) if mistake == "bad_override" else place
    config.defaults.insert(place, {first: rng.choice(OPTIONS)} if mistake == "duplicate_entry" else inserted)
    if mistake == "double_self" and config.defaults.count("_self_") < 2:
        config.defaults.insert(0, "_self_")


def mend(rng, config):
    """Returns the override that fixes the mistake of break_it, or None if there is none."""
    keys = [key.split(" ")[-1].lstrip("/") for one in config.defaults if isinstance(one, dict) for key in one]
    if "duplicate_entry" in config.features:
        return "~" + next(key for key in keys if keys.count(key) > 1)
    key = next((key for key in keys if key in ("cache@bad", "cache@nowhere", "loop")), None)
    if key is None or config.features & {"malformed_entry", "unknown_keyword"}:
        return None
    return {"loop": "~loop", "cache@bad": rng.choice(["cache@bad=two", "cache@bad=one", "~cache@bad"]), "cache@nowhere": "+cache@nowhere=two"}[key]


def make_tree(rng):
    """Draws one tree with the primary files `main`, `broken0` and `broken1`."""
    tree = {f"{group}/{option}": group_file(rng, group) for group in GROUPS for option in OPTIONS}
    tree |= {path: spare_file(rng, path) for path in PATHS}
    for group in ("cache", "site", "model/head"):
        tree |= {f"{group}/{a}_and_{a}": Config({"both": a}) for a in OPTIONS}
    tree["loop/one"] = Config({"x": 1}, [{"/loop/inner": "one"}])
    tree["loop/inner/one"] = Config({"x": 1}, [{"/loop@_here_": "one"}])
    tree["loop/two"] = Config({"x": 1}, ["two"])
    tree["clash/list"] = Config({"net": [1]}, package="_global_")
    tree["clash/table"] = Config({"sizes": {"x": 1}, "alpha": {"x": 1}}, package="_global_")
    tree["main"], tree["experiment/fit"] = primary(rng)
    tree["experiment/other"] = Config({"alpha": 1, "fresh": {"x": 2}}, None, rng.choice(["_global_", None]), {"experiment"})
    for number in range(NUM_BROKEN):
        tree[f"broken{number}"] = copy.deepcopy(tree["main"])
        break_it(rng, tree[f"broken{number}"])
    return tree


def to_yaml(config):
    """Writes YAML as JSON, so that quotes keep text from being read as another type."""
    document = ({} if config.defaults is None else {"defaults": config.defaults}) | config.values
    return (f"# @package {config.package}\n" if config.package else "") + json.dumps(document, indent=1) + "\n"


def inline(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return '"${null}"' if value is None else json.dumps(value)


def toml_section(table, path):
    """Yields the lines of a table: first its plain values, then its sub-tables as sections."""
    for key, value in table.items():
        if not (isinstance(value, dict) and value):
            yield f"{json.dumps(key)} = {inline(value)}"
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield f"[{'.'.join(map(json.dumps, [*path, key]))}]"
            yield from toml_section(value, [*path, key])


def to_toml(config):
    first = [f'__package__ = "{config.package}"'] if config.package else []
    first += [] if config.defaults is None else [f"defaults = {inline(config.defaults)}"]
    return "\n".join([*first, *toml_section(config.values, [])]) + "\n"


def write_tree(tree, folder):
    for path, config in tree.items():
        for suffix, text in (("yaml", to_yaml(config)), ("toml", to_toml(config))):
            file = folder / f"{path}.{suffix}"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
