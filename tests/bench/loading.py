"""Compares loading of photographs with torchvision's, and evaluation with and without kept images: loading.py BIN FOLDER [--epochs 12].

BIN holds bench_loader; FOLDER/{train,test} a folder of photographs a class. All programs of a table take turns of a second each, and their
n-th epochs after the first are compared by the time within their turns. Prints one Markdown table each.
"""
import argparse
import pathlib
import re
import statistics

from turns import take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MARK = b"epoch ended"


def speeds(commands, num_epochs):
    """Returns images/s of each epoch of each program."""
    results = take_turns([(command, {}, MARK) for command in commands], num_epochs)
    return [[int(re.search(rb"epoch ended: (\d+)", output)[1]) / one for one in seconds] for seconds, output in results]


def print_row(name, ours, theirs):
    low, median, high = statistics.quantiles([our / their for our, their in zip(ours, theirs)], n=4)
    print(f"| {name} | {statistics.median(ours):.0f} | {statistics.median(theirs):.0f} | {median:.2f} ({low:.2f} to {high:.2f}) |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=12, help="to compare; the first of each side is not")
    options = parser.parse_args()
    bench = options.bin / "bench_loader"
    torchvision = [ROOT / "scripts/python", ROOT / "tests/bench/loading_pytorch.py", options.folder]
    ours, pillow, tensors = speeds([[bench, options.folder, "training"], [*torchvision, "pillow"], [*torchvision, "tensors"]], options.epochs)
    print(f"| beside | Assay, images/s | torchvision, images/s | ratio, median (quartiles of {options.epochs} epochs) |\n|---|---|---|---|")
    print_row("transforms on Pillow's images", ours, pillow)
    print_row("transforms.v2 on tensors", ours, tensors)
    print(f"\n| evaluated by | kept images, images/s | decoded each time, images/s | ratio, median (quartiles) |\n|---|---|---|---|")
    for name, model in [("nothing", []), ("mobilenet_v3_small", ["mobilenet_v3_small"]), ("efficientnet_lite0", ["efficientnet_lite0"])]:
        print_row(name, *speeds([[bench, options.folder, mode, *model] for mode in ("cached", "evaluation")], options.epochs))


if __name__ == "__main__":
    main()
