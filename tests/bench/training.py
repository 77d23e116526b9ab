"""Compares training with eager PyTorch's: training.py BINARY [--models A B] [--rounds 10] [--images 10000] [--epochs 3].

Both train on the same random images of 32x32 pixels, in batches of 128 and with two threads. PyTorch first tries its loaders, worker
counts and memory formats and keeps the fastest. Then both take turns, A B and B A; an epoch's images/s cover its training part, and a
round's speed is the median of its epochs but the first. Prints a Markdown row a model.
"""
import argparse
import json
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTORCH = [ROOT / "scripts/python", ROOT / "tests/bench/training_pytorch.py"]
MODELS = {"resnet20": ["model=resnet20"], "mobilenet_v3_small": ["model=mobilenet_v3_small", "model.stem_stride=1"]}
ARGUMENTS = ("data=cifar10 data.loader.validation_fraction=0.02 device=cpu device.threads=2 train.batch.global=128 train.batch.micro=128"
             " train.patience=1000 track=off techniques=[] latency.rounds=1 latency.calls=1").split()


def write_images(folder, count):
    """Writes files in CIFAR-10's binary layout; what the pixels show does not matter here."""
    source = random.Random(1)
    for name, rows in [*((f"data_batch_{i}", count // 5) for i in range(1, 6)), ("test_batch", 100)]:
        data = b"".join(bytes([source.randrange(10)]) + source.randbytes(3072) for _ in range(rows))
        (folder / f"{name}.bin").write_bytes(data)


def output_of(command, folder):
    environment = os.environ | {"ASSAY_CIFAR10": str(folder)}
    done = subprocess.run([str(part) for part in command], capture_output=True, env=environment, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def pytorch_speeds(folder, model, epochs, configuration):
    return json.loads(output_of([*PYTORCH, folder, model, epochs, *configuration.split()], folder))


def assay_speed(binary, folder, model, epochs, seed):
    with tempfile.TemporaryDirectory() as runs:
        options = [*ARGUMENTS, *MODELS[model], f"run.dir={runs}", f"run.seed={seed}", f"train.epochs={epochs}"]
        output_of([binary, *options], folder)
        record = json.loads(next(pathlib.Path(runs).glob("*/*/record.json")).read_text())
    return statistics.median(epoch["images_per_second"] for epoch in record["training"]["history"][1:])


def try_pytorch(folder, model, configurations):
    if not configurations:
        return pytorch_speeds(folder, model, 2, "each")
    return {one: pytorch_speeds(folder, model, 2, one)[-1] for one in configurations}


def compare(binary, folder, model, rounds, epochs, configurations):
    tried = try_pytorch(folder, model, configurations)
    best = max(tried, key=tried.get)
    takes = {"assay": lambda seed: assay_speed(binary, folder, model, epochs, seed),
             "pytorch": lambda seed: statistics.median(pytorch_speeds(folder, model, epochs, best)[1:])}
    speeds = {"assay": [], "pytorch": []}
    for number in range(rounds):
        for side in list(takes)[:: -1 if number % 2 else 1]:
            speeds[side].append(takes[side](number))
    ratios = [ours / theirs for ours, theirs in zip(speeds["assay"], speeds["pytorch"])]
    low, median, high = statistics.quantiles(ratios, n=4)
    ours, theirs = (statistics.median(speeds[side]) for side in takes)
    print(f"| {model} | {ours:.0f} | {theirs:.0f} ({best}) | {median:.3f} ({low:.3f} to {high:.3f}, {rounds} rounds) |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--rounds", type=int, default=10, help="at least 2")
    parser.add_argument("--images", type=int, default=10000, help="at least 400")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--configurations", nargs="+", help="of PyTorch's loading, to try instead of all: 'batched 2 channels_last'")
    options = parser.parse_args()
    print("| model | Assay, images/s | PyTorch, images/s (its fastest way) | ratio, median (quartiles) |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        write_images(pathlib.Path(name), options.images)
        for model in options.models:
            compare(options.binary, pathlib.Path(name), model, options.rounds, options.epochs, options.configurations)


if __name__ == "__main__":
    main()
