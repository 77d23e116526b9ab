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

NETWORKS = {
    "resnet20": lambda: ResNet(3),
    "resnet32": lambda: ResNet(5),
    "resnet20_padded": lambda: ResNet(3, padded=True),
    "resnet9": ResNet9,
    "tiny_depthwise": TinyDepthwise,
}

torch.manual_seed(11)
write(NETWORKS[sys.argv[1]](), 32, pathlib.Path(sys.argv[2]))
