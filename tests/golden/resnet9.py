"""David Page's ResNet-9 with a bias in its linear layer, for small_networks.py."""
from collections import OrderedDict

import torch
from torch import nn


def layer(in_channels, out_channels, *more):
    parts = [("conv", nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False)),
             ("bn", nn.BatchNorm2d(out_channels)), ("relu", nn.ReLU())]
    return nn.Sequential(OrderedDict(parts + list(more)))


class Residual(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.res1 = layer(channels, channels)
        self.res2 = layer(channels, channels)

    def forward(self, images):
        return images + self.res2(self.res1(images))


class ResNet9(nn.Module):
    def __init__(self):
        super().__init__()
        half = ("pool", nn.MaxPool2d(2))
        self.prep = layer(3, 64)
        self.layer1 = layer(64, 128, half, ("residual", Residual(128)))
        self.layer2 = layer(128, 256, half)
        self.layer3 = layer(256, 512, half, ("residual", Residual(512)))
        self.linear = nn.Linear(512, 10)

    def forward(self, images):
        hidden = self.layer3(self.layer2(self.layer1(self.prep(images))))
        return 0.125 * self.linear(torch.nn.functional.max_pool2d(hidden, 4).flatten(1))
