"""Writes quantization.json: what torch.ao's observers choose for values that come in batches.

Run: scripts/python -W ignore tests/golden/quantization.py > tests/golden/quantization.json   (torch 2.11.0)
"""
import json

import torch
from torch.ao.quantization import observer


def ranges(batches):
    chosen = {}
    for name, kind in (("moving_average", observer.MovingAverageMinMaxObserver), ("histogram", observer.HistogramObserver)):
        watching = kind(dtype=torch.quint8)
        for batch in batches:
            watching(batch)
        scale, zero_point = watching.calculate_qparams()
        chosen[name] = {"scale": scale.item(), "zero_point": zero_point.item()}
    return {"batches": [[round(value, 4) for value in batch.tolist()] for batch in batches], **chosen}


def rounded(batches):
    return [torch.round(batch * 1e4) / 1e4 for batch in batches]


def main():
    torch.manual_seed(11)
    normal = [torch.randn(300) for _ in range(3)]
    heavy = [torch.randn(300) * torch.exp(torch.randn(300)) for _ in range(3)]  # the range grows, the tails are long
    rectified = [torch.relu(torch.randn(300) - 0.3) * (1 + step) for step in range(3)]
    shifted = [5.0 + torch.rand(200) for _ in range(2)]  # zero lies outside
    cases = {"ranges": [ranges(rounded(batches)) for batches in (normal, heavy, rectified, shifted)]}
    print("{\n" + ",\n".join(
        json.dumps(key) + ": [\n" + ",\n".join(json.dumps(case) for case in some) + "\n]" for key, some in cases.items())
        + "\n}")


if __name__ == "__main__":
    main()
