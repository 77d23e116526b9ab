"""The ResNets for small images, as a state_dict and outputs of small_networks.py hold them."""
import torch
from torch import nn


class Padding(nn.Module):
    """Takes every other pixel and adds channels of zeros, half on each side (option A)."""

    def __init__(self, num_added):
        super().__init__()
        self.half = num_added // 2

    def forward(self, images):
        return nn.functional.pad(images[:, :, ::2, ::2], (0, 0, 0, 0, self.half, self.half))


class Block(nn.Module):
    def __init__(self, in_channels, out_channels, stride, padded=False):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.shortcut = nn.Sequential()
        if padded and in_channels != out_channels:
            self.shortcut = Padding(out_channels - in_channels)
        elif stride != 1 or in_channels != out_channels:
            projection = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(out_channels))

    def forward(self, images):
        hidden = torch.relu(self.bn1(self.conv1(images)))
        return torch.relu(self.bn2(self.conv2(hidden)) + self.shortcut(images))


class ResNet(nn.Module):
    """He et al. 2016, section 4.2, with padded shortcuts (option A) or projections (option B)."""

    def __init__(self, blocks_per_stage=3, padded=False):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self.stage(16, 16, 1, blocks_per_stage, padded)
        self.layer2 = self.stage(16, 32, 2, blocks_per_stage, padded)
        self.layer3 = self.stage(32, 64, 2, blocks_per_stage, padded)
        self.linear = nn.Linear(64, 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    @staticmethod
    def stage(in_channels, channels, stride, num_blocks, padded):
        first = Block(in_channels, channels, stride, padded)
        return nn.Sequential(first, *(Block(channels, channels, 1) for _ in range(num_blocks - 1)))

    def forward(self, images):
        hidden = torch.relu(self.bn1(self.conv1(images)))
        hidden = self.layer3(self.layer2(self.layer1(hidden)))
        return self.linear(hidden.mean((2, 3)))
