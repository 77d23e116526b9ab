"""Compares Assay's training with PyTorch: training.py BINARY [--models A B] [--epochs 24] [--images 3000] [--device cpu].

Both train on the same random images of 32x32 pixels, in batches of 128 and with two threads. PyTorch first tries its loaders, worker
counts and memory formats and keeps the fastest. Then both take turns of a second each, and their n-th epochs are compared by the
time within the turns: Assay's with validation and a checkpoint, PyTorch's without. On a GPU both compute in bfloat16, and PyTorch
keeps all images there and may be compiled. Prints one Markdown row per model.
"""
import argparse
import json
import os
import pathlib
import random
import re
import statistics
import subprocess
import sys
import tempfile

from turns import take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTORCH = [ROOT / "scripts/python", ROOT / "tests/bench/training_pytorch.py"]
MODELS = {"resnet20": ["model=resnet20"], "mobilenet_v3_small": ["model=mobilenet_v3_small", "model.stem_stride=1"]}
ARGUMENTS = ("data=cifar10 data.loader.validation_fraction=0.02 train.batch.global=128 train.batch.micro=128"
             " train.patience=1000 track=off techniques=[] latency.rounds=1 latency.calls=1").split()

DEVICES = {"cpu": ["device=cpu", "device.threads=2"], "cuda": ["device.name=cuda", "train.precision=bf16"]}


def write_images(folder, count):
    """Writes random images in CIFAR-10's binary layout."""
    source = random.Random(1)
    for name, rows in [*((f"data_batch_{i}", count // 5) for i in range(1, 6)), ("test_batch", 100)]:
        data = b"".join(bytes([source.randrange(10)]) + source.randbytes(3072) for _ in range(rows))
        (folder / f"{name}.bin").write_bytes(data)


def pytorch_speeds(folder, model, configuration, device):
    command = [*PYTORCH, folder, model, "2", *configuration.split()]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"DEVICE": device})
    if done.returncode:
        sys.exit(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def fastest_configuration(folder, model, configurations, device):
    tried = {one: pytorch_speeds(folder, model, one, device)[-1] for one in configurations} or pytorch_speeds(folder, model, "each", device)
    return max(tried, key=tried.get)


def images_per_second(seconds, output):
    num_images = int(re.search(rb"\d+(?= training, )|(?<=epoch ended: )\d+", output)[0])
    return [num_images / one for one in seconds]


def compare(binary, folder, model, num_epochs, configurations, device):
    fastest = fastest_configuration(folder, model, configurations, device)
    with tempfile.TemporaryDirectory() as runs:
        command = [binary, *ARGUMENTS, *DEVICES[device], *MODELS[model], f"run.dir={runs}", "train.epochs=1000"]
        programs = [(command, {"ASSAY_CIFAR10": str(folder)}, b"val accuracy"),
                    ([*PYTORCH, folder, model, "1000", *fastest.split()], {"DEVICE": device}, b"epoch ended")]
        ours, theirs = (images_per_second(*one) for one in take_turns(programs, num_epochs))
    low, median, high = statistics.quantiles([our / their for our, their in zip(ours, theirs)], n=4)
    print(f"| {model} | {statistics.median(ours):.0f} | {statistics.median(theirs):.0f} ({fastest}) |"
          f" {median:.3f} ({low:.3f} to {high:.3f}, {num_epochs} epochs) |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--models", nargs="+", choices=MODELS, default=list(MODELS))
    parser.add_argument("--epochs", type=int, default=24, help="to compare; the first of each side is not")
    parser.add_argument("--images", type=int, default=3000, help="at least 400")
    parser.add_argument("--configurations", nargs="+", default=[], help="of PyTorch's loading, to try instead of all: 'batched 2 channels_last'")
    parser.add_argument("--device", choices=DEVICES, default="cpu")
    options = parser.parse_args()
    print("| model | Assay, images/s | PyTorch, images/s (its fastest way) | ratio, median (quartiles) |\n|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as name:
        write_images(pathlib.Path(name), options.images)
        for model in options.models:
            compare(options.binary, pathlib.Path(name), model, options.epochs, options.configurations, options.device)


if __name__ == "__main__":
    main()
