"""Writes equalise.json: the weights of three layers before and after cross-layer equalisation, by the formulas of
arXiv 1906.04721: a convolution, ReLU, a depthwise convolution, global pooling and a linear layer.

Run: scripts/python tests/golden/equalise.py > tests/golden/equalise.json   (torch 2.11.0)
"""
import json

import torch

NUM_CHANNELS = 4


def equalise(first, bias, second_by_channel):
    """Applies equation 11; `second_by_channel` has the weights that read each channel in a row."""
    scale = torch.sqrt(first.abs().flatten(1).amax(1) / second_by_channel.abs().amax(1))
    first /= scale.view([-1] + [1] * (first.dim() - 1))
    bias /= scale
    second_by_channel *= scale.unsqueeze(1)


def numbers(weights):
    return [tensor.flatten().tolist() for tensor in weights]


def main():
    torch.manual_seed(11)
    spread = torch.tensor([0.01, 0.3, 1.0, 20.0])
    conv = torch.randn(NUM_CHANNELS, 3, 1, 1, dtype=torch.double) * spread.view(-1, 1, 1, 1)
    depthwise = torch.randn(NUM_CHANNELS, 1, 3, 3, dtype=torch.double)
    head = torch.randn(2, NUM_CHANNELS, dtype=torch.double)
    biases = [torch.randn(NUM_CHANNELS, dtype=torch.double) for _ in range(2)]
    before = numbers([conv, depthwise, head, *biases])
    for _ in range(200):
        equalise(conv, biases[0], depthwise.view(NUM_CHANNELS, 9))
        equalise(depthwise, biases[1], head.t())
    names = ("conv.weight", "depthwise.weight", "head.weight", "conv.bias", "depthwise.bias")
    after = numbers([conv, depthwise, head, *biases])
    print(json.dumps({name: {"before": old, "after": new} for name, old, new in zip(names, before, after)}))


if __name__ == "__main__":
    main()
