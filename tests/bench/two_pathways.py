"""Compares the two-pathway network with its architecture in PyTorch: two_pathways.py BIN [--epochs 12].

BIN holds bench_step. 8 images of 224 pixels in two pathways (3 + 1 channels), shallow, 32 channels; training and evaluation. The programs
take turns of a second each; their n-th tens of batches after the first are compared. Prints a Markdown row for each rival.
"""
import argparse
import pathlib
import re
import statistics

from turns import take_turns

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PYTORCH = [ROOT / "scripts/python", ROOT / "tests/bench/step_pytorch.py"]
SHAPE = ["8", "224"]
# As Assay's programs set it for themselves (front/freed_memory.h): PyTorch gains by it, too.
KEEP_MEMORY = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=2147483647:glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    rivals = ["contiguous_format", "channels_last"]
    print(f"| 8 images of 224 pixels | PyTorch | Assay, images/s | PyTorch, images/s | ratio, median (quartiles of {options.epochs}) |\n|---|---|---|---|---|")
    for mode in ("training", "evaluation"):
        ours = [options.bin / "bench_step", "continuous_integration", mode, *SHAPE, 'depth="shallow"', "channels=32"]
        commands = [ours] + [[*PYTORCH, mode, *SHAPE, rival] for rival in rivals]
        environments = [{}] + [KEEP_MEMORY] * len(rivals)
        results = take_turns([(*program, b"epoch ended") for program in zip(commands, environments)], options.epochs)
        speeds = [[int(re.search(rb"epoch ended: (\d+)", output)[1]) / one for one in seconds] for seconds, output in results]
        for rival, theirs in zip(rivals, speeds[1:]):
            low, median, high = statistics.quantiles([our / their for our, their in zip(speeds[0], theirs)], n=4)
            print(f"| {mode} | {rival} | {statistics.median(speeds[0]):.1f} | {statistics.median(theirs):.1f} | {median:.2f} ({low:.2f} to {high:.2f}) |",
                  flush=True)


if __name__ == "__main__":
    main()
