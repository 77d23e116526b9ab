"""Trains or evaluates the two-pathway network's architecture in PyTorch for ever: step_pytorch.py training|evaluation BATCH SIDE FORMAT.

Shallow, 32 channels, as bench_step does it. FORMAT is contiguous_format or channels_last. Prints a line after each ten batches.
"""
import pathlib
import sys

import torch
from torch import nn

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from continuous_integration import ContinuousIntegration

STEPS = 10


def main():
    mode, batch, side, memory_format = sys.argv[1:]
    memory_format = getattr(torch, memory_format)
    torch.set_num_threads(2)
    model = ContinuousIntegration("shallow", 32).to(memory_format=memory_format).train(mode == "training")
    images = torch.rand(int(batch), 3, int(side), int(side)).contiguous(memory_format=memory_format)
    labels = torch.zeros(int(batch), dtype=torch.long)
    optimizer = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9, weight_decay=5e-4, fused=True)

    def train():
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
        optimizer.zero_grad()

    def evaluate():
        with torch.inference_mode():
            model(images)

    step = train if mode == "training" else evaluate
    while True:
        for _ in range(STEPS):
            step()
        print(f"epoch ended: {STEPS * int(batch)} images", flush=True)


if __name__ == "__main__":
    main()
