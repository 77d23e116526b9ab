"""Generates overrides from a seed for a configuration composed by Hydra: most are valid, some contain a mistake."""

import json

from hydra_trees import GROUPS, OPTIONS, REFERENCES, chance

PLAIN = ["1", "-3", "+5", "1_000", "0", "007", "2.5", "1e-3", ".5", "5.", "-1.5E2", "true", "False", "null", "NULL", "text", "a/b", "a b c", "  x ",
         "v1.2", "a:b", "x-1", "$x", "a@b", "50%", "c*", "who?", "/r/d/", "a|b", "1a", "0x10", "1-2", "nulls", "truely", "", "1 2", "a\\b", "_no"]
QUOTED = ["'it'", '"x,y"', "'a=b'", "''", "'1'", '"true"', "' a '", r"'it\'s'", r'"say \"x\""', "'{[('", r"a\,b", r"x\=y", r"\(x\)", r"\[1\]",
          r"\{k\: v\}", r"'a\\b'", r"a\\b", r"\  x", r"'\\'", "'\"'", "\"'\""]
NESTED = ["[]", "[1,2,3]", "[a, 'b c', null]", "[[1],[2,[3]]]", "{x:1}", "{x: 1, y: {z: [1, 'q']}}", "{}", "[{a:1},{b:[]}]", "{x: ${seed}}", "[1, 1.0, true]"]
CASTS = ["int('3')", "int(2.7)", "float(2)", "float('1e-3')", "str(5)", "str(true)", "bool('true')", "bool(0)", "str([1,a])", "int([1,'2'])",
         "float({a:1,b:2})", "sort([3,1,2])", "sort([b,a],reverse=true)", "json_str({a:1})"]
BAD_VALUES = ["[1", "'x", "{a:1", "a]", "a=b", "(", "{a}", "[1,,2]", "a,,b", "1,2", "range(3)", "choice(a,b)", "???", "${nowhere}", "${seed", "nothing(1)",
              "int(x)", "bool(7,8)", "bool('yes')", "sort(3,1,2)", "{'a':1}", "a'b", '"', "glob(*)", "a}", "[1]]", "${.nowhere}", "${unknown_resolver:1}"]
WRONG = ["nowhere=1", "net.nowhere=1", "+seed=5", "~nowhere", "~seed=wrong", "=5", "seed", "++db=one", "db@nope=one", "+db@db=one", "experiment=absent",
         "+site=absent", "sizes.9=1", "sizes.x=1", "db=null", "db=3", "~db=wrong", "~nogroup@x", "db@a:b=one", "+seed.x.y=1", "+sizes.5=1", "~sizes.9",
         "db=[one,absent]", "", "+", "~", "a b=1", "+sizes.x=1", "+extra=absent", "nowhere@p=1", "~nowhere=", "site=[]", "db={x:1}", "seed.=1", ".seed=1"]


def leaves(config, path=""):
    """Yields (dotted path, value) of everything in a composed configuration."""
    for key, value in config.items() if isinstance(config, dict) else enumerate(config):
        yield f"{path}{key}", value
        if isinstance(value, (dict, list)):
            yield from leaves(value, f"{path}{key}.")


def kind_of(path, old):
    if any(part.isdigit() for part in path.split(".")):
        return "list_element"
    return "table" if isinstance(old, dict) else "list" if isinstance(old, list) else "value"


def value(rng, features):
    """Draws the text of a value."""
    kinds = {"plain_value": PLAIN, "quoted_value": QUOTED, "nested_value": NESTED, "cast_value": CASTS}
    if chance(rng, 0.12):
        features.add("interpolation_in_override")
        text = rng.choice([text for texts in REFERENCES.values() for text in texts if " " not in text and "\\" not in text])
        return rng.choice([text, f"'{text}'"]) if "'" not in text else text
    kind = rng.choices(list(kinds), [5, 3, 2, 1])[0]
    features.add(kind)
    return rng.choice(kinds[kind])


def change(rng, config, features):
    """Changes, deletes or forces something that exists."""
    kind = rng.choices(["value", "list", "table", "list_element"], [6, 1, 2, 2])[0]
    places = [pair for pair in leaves(config) if kind_of(*pair) == kind and pair[0] not in ("pointer", "kind")]
    path, old = rng.choice(places or [("seed", 7)])
    if kind == "table" and chance(rng, 0.5):
        path, old = path + ".fresh", None
        features.add("add")
        return f"+{path}={value(rng, features)}"
    features.add("change_" + kind)
    action = rng.choices(["", "++", "~", "~="], [6, 2, 2, 2])[0]
    if action.startswith("~") and kind == "value":
        features.add("delete" if action == "~" else "delete_value")
        return f"~{path}" if action == "~" else f"~{path}={json.dumps(old) if isinstance(old, str) else old}"
    action = action.strip("~=")
    features.add("force" if action else "change")
    return f"{action}{path}={value(rng, features)}"


def add(rng, config, features):
    """Adds a key at a new place, or forces it there."""
    action, place = rng.choice(["+", "+", "++"]), rng.choice(["fresh", "fresh.deep.er", "net.fresh", "table.fresh", "paths.x.y", "fresher", "alpha", rng.choice(["table", "list"])])
    features.add("add" if action == "+" else "force")
    return f"{action}{place}={value(rng, features)}"


def choose(rng, choices, features):
    """Changes or removes a choice of the defaults lists."""
    key = rng.choice([key for key in choices if not key.startswith("hydra/")] or ["db"])
    if chance(rng, 0.15):
        features.add("delete_group")
        return f"~{key}={choices[key]}" if isinstance(choices.get(key), str) and chance(rng, 0.3) else f"~{key}"
    if key.startswith("experiment"):
        features.add("choose_experiment")
        return f"{key}={rng.choice(['fit', 'fit', 'other'])}"
    features.add("choose_at_package" if "@" in key else "choose")
    if chance(rng, 0.15):
        features.add("choose_several")
        return f"{key}=[{','.join(rng.sample(OPTIONS, rng.randint(1, 3)))}]"
    return f"{key}={rng.choice(OPTIONS)}"


def append(rng, choices, features):
    """Adds a choice of a group that no defaults list names, or with its own package."""
    if "experiment" not in choices and chance(rng, 0.5):
        features.add("append_experiment")
        return rng.choice(["+experiment=fit", "+experiment=other", "+experiment=[fit,other]"])
    features.add("append_group")
    group = rng.choice([group for group in GROUPS if group not in choices] or ["cache@mine"])
    package = rng.choice(["", "", "@own", "@own.deep", "@_global_"]) if "@" not in group else ""
    return f"+{group}{package}={rng.choice([*OPTIONS, '[one,two]'])}"


def mistake(rng, config, features):
    features |= {"mistake", "bad_override_argument"}
    if chance(rng, 0.5):
        return rng.choice(WRONG)
    return rng.choice(["seed=", "+fresh=", "net.width=", "++x.y="]) + rng.choice(BAD_VALUES)


def draw(rng, config, choices, features):
    """Draws one to four overrides; adds their features to `features`."""
    drawn = []
    for _ in range(rng.randint(1, 3)):
        kind = rng.choices([change, add, choose, append], [4, 2, 4, 2])[0]
        one = kind(rng, config if kind in (change, add) else choices, features)
        if one.split("=")[0].lstrip("+~") not in [other.split("=")[0].lstrip("+~") for other in drawn] or chance(rng, 0.1):
            drawn.append(one)
    if chance(rng, 0.06):
        drawn.insert(rng.randint(0, len(drawn)), mistake(rng, config, features))
    return drawn
