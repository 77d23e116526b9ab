"""Compresses published networks to static int8 with every way to choose ranges: ranges.py BINARY DATA [--only resnet20|lite0].

BINARY is household_compression. DATA has cifar10_lossless_subset/ and resnet20_cifar10.pth, and photos/ with expected.csv (file, label of
1,000, and more columns); for Lite0 `scripts/weights efficientnet_lite0` must have run. Nothing is trained. All variants of a network are
measured in turns in one run. Calibration: training images, or the photographs at even places but for two. Prints a Markdown table a network.
"""
import argparse
import csv
import json
import pathlib
import subprocess
import tempfile

from PIL import Image

SIDE = 224
ENGINES = {"resnet20": "fbgemm", "lite0": "onednn"}  # the fastest; fbgemm is slow where padding is uneven
VARIANTS = {
    "mse": "range:mse",
    "minmax": "range:minmax",
    "percentile": "range:percentile",
    "moving_average": "range:moving_average",
    "histogram": "range:histogram",
    "mse_equalised": "range:mse,equalise:true",
    "mse_uncorrected": "range:mse,bias_correction:false",
    "mse_equalised_uncorrected": "range:mse,equalise:true,bias_correction:false",
}


def list_photos(data, folder):
    """Lays the middles of photographs out as image_list needs them: even places for calibration, the others for the test."""
    with open(data / "photos/expected.csv", encoding="utf-8") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["file"])
    (folder / "images").mkdir()
    lines = []
    for row in rows:
        photo = Image.open(data / "photos" / row["file"]).convert("RGB")
        left, top = (photo.width - SIDE) // 2, (photo.height - SIDE) // 2
        name = pathlib.Path(row["file"]).stem + ".png"
        photo.crop((left, top, left + SIDE, top + SIDE)).save(folder / "images" / name)
        lines.append(f"{name} {row['label']}\n")
    for split, part in (("val", lines[0:4:2]), ("train", lines[4::2]), ("test", lines[1::2])):
        (folder / f"{split}.txt").write_text("".join(part), encoding="utf-8")
    (folder / "classes.txt").write_text("".join(f"class {i}\n" for i in range(1000)), encoding="utf-8")


def overrides(network, data, folder):
    if network == "resnet20":
        return ["data=cifar10", f"data.folder={data / 'cifar10_lossless_subset'}", "data.mean=[0.485,0.456,0.406]", "data.std=[0.229,0.224,0.225]",
                "model=resnet20", "model.shortcut=padded", f"model.weights={data / 'resnet20_cifar10.pth'}"]
    list_photos(data, folder)
    level = 127 / 255
    return ["data=image_list", f"data.folder={folder}", f"data.mean=[{level},{level},{level}]",
            f"data.std=[{128 / 255},{128 / 255},{128 / 255}]", "data.check=off",
            "model=efficientnet_lite0", "model.weights=pretrained"]


def measure(binary, network, data):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        tables = [f"+compress.{variant}={{name:static_int8,engine:{ENGINES[network]},{options}}}" for variant, options in VARIANTS.items()]
        command = [binary, *overrides(network, data, folder), *tables, f"techniques=[{','.join(VARIANTS)}]", "train.epochs=0", "track=off",
                   f"run.dir={folder / 'runs'}", "device.name=cpu"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        record = next((folder / "runs").glob("*/*/record.json"))
        return json.loads(record.read_text(encoding="utf-8"))["variants"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--only", choices=["resnet20", "lite0"])
    options = parser.parse_args()
    for network in [options.only] if options.only else ["resnet20", "lite0"]:
        variants = measure(options.binary, network, options.data.resolve())
        print(f"| {network} | right | file | latency p50, batch 1 |\n|---|---|---|---|")
        first = variants[0]
        for one in variants:
            print(f"| {one['name']} | {one['accuracy']:.2%} ({(one['accuracy'] - first['accuracy']) * 100:+.2f} points) | {one['size_bytes'] / 1e3:.0f} kB"
                  f" ({one['size_bytes'] / first['size_bytes']:.1%}) | {one['latency_us']['p50']:.0f} us ({first['latency_us']['p50'] / one['latency_us']['p50']:.2f}x) |")


if __name__ == "__main__":
    main()
