"""Writes a network for small images with random weights and statistics, and what it computes, for small_networks_test.

usage: small_networks.py MODEL FOLDER   (torch 2.11.0)
FOLDER gets the files of golden_network.py; MODEL is a key of NETWORKS
"""
import pathlib
import sys

import torch
from golden_network import write
from resnet9 import ResNet9
from resnet_cifar import ResNet
from tiny_depthwise import TinyDepthwise

# Each with a seed at which no value lies so near to a ReLU's kink that rounding would decide the gradient.
NETWORKS = {
    "resnet20": (lambda: ResNet(3), 28),
    "resnet32": (lambda: ResNet(5), 7),
    "resnet20_padded": (lambda: ResNet(3, padded=True), 25),
    "resnet9": (ResNet9, 5),
    "tiny_depthwise": (TinyDepthwise, 38),
}

make, seed = NETWORKS[sys.argv[1]]
torch.manual_seed(seed)
write(make(), 32, pathlib.Path(sys.argv[2]))
