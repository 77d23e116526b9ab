"""Writes ResNet-20 and -32 for small images with random weights and statistics, and their outputs, for resnet_cifar_test.

usage: resnet_cifar.py FOLDER   (torch 2.11.0)
FOLDER/weights_N.pth: state_dict;  FOLDER/golden_N.pth: input and output, for N = 3 and 5 blocks a stage
"""
import pathlib
import sys

import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, images):
        hidden = torch.relu(self.bn1(self.conv1(images)))
        return torch.relu(self.bn2(self.conv2(hidden)) + self.shortcut(images))


class ResNet(nn.Module):
    """He et al. 2016, section 4.2, with projections as shortcuts (option B)."""

    def __init__(self, blocks_per_stage=3, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, 1, blocks_per_stage)
        self.layer2 = self.stage(16, 32, 2, blocks_per_stage)
        self.layer3 = self.stage(32, 64, 2, blocks_per_stage)
        self.linear = nn.Linear(64, num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def stage(in_channels, channels, stride, num_blocks):
        first = Block(in_channels, channels, stride)
        return nn.Sequential(first, *(Block(channels, channels, 1) for _ in range(num_blocks - 1)))

    def forward(self, images):
        hidden = torch.relu(self.bn1(self.conv1(images)))
        hidden = self.layer3(self.layer2(self.layer1(hidden)))
        return self.linear(hidden.mean((2, 3)))


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(11)
    for blocks_per_stage in (3, 5):
        model = ResNet(blocks_per_stage)
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.0)
                nn.init.normal_(module.bias, 0.0, 0.2)
                module.running_mean.normal_(0.0, 0.2)
                module.running_var.uniform_(0.5, 2.0)
        model.eval()
        torch.save(model.state_dict(), folder / f"weights_{blocks_per_stage}.pth")
        images = torch.randn(2, 3, 32, 32)
        with torch.no_grad():
            torch.save({"input": images, "output": model(images)}, folder / f"golden_{blocks_per_stage}.pth")


if __name__ == "__main__":
    main()
