"""Composes Assay's household experiment with Hydra: first converts configs/ to YAML in FOLDER, then runs as the application.

Run: hydra_app.py --convert CONFIGS FOLDER; hydra_app.py --config-dir FOLDER --config-name household_compression
"""

import pathlib
import sys

NULL = "${null}"


def plain(value):
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return None if value == NULL else value


def convert(configs, folder):
    import tomllib

    import yaml

    for file in pathlib.Path(configs).rglob("*.toml"):
        table = plain(tomllib.loads(file.read_text()))
        package = table.pop("__package__", None)
        target = pathlib.Path(folder, file.relative_to(configs)).with_suffix(".yaml")
        target.parent.mkdir(parents=True, exist_ok=True)
        header = f"# @package {package}\n" if package else ""
        target.write_text(header + yaml.safe_dump(table, sort_keys=False))


if __name__ == "__main__":
    if sys.argv[1] == "--convert":
        convert(*sys.argv[2:])
    else:
        import hydra

        hydra.main(version_base="1.3", config_path=None)(lambda config: None)()
