"""Writes a torchvision network with random weights and statistics, and what it computes, for torchvision_test.

usage: torchvision_models.py MODEL FOLDER   (torch 2.11.0, torchvision 0.26.0)
FOLDER gets the files of golden_network.py, of a network without dropout and stochastic depth
       torchvision_models.py --load MODEL FILE   loads a safetensors file strictly into the network
"""
import pathlib
import sys

import torch
import torchvision
from golden_network import write
from safetensors.torch import load_file


def make(name):
    torch.manual_seed(7)
    model = getattr(torchvision.models, name)(num_classes=10)
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return model


if sys.argv[1] == "--load":
    make(sys.argv[2]).load_state_dict(load_file(sys.argv[3]))
else:
    write(make(sys.argv[1]), 64, pathlib.Path(sys.argv[2]))
