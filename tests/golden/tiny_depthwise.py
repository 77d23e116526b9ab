"""The tiny network of depthwise-separable convolutions, for small_networks.py."""
from torch import nn


def conv(in_channels, out_channels, kernel=3, stride=1, groups=1):
    layer = nn.Conv2d(in_channels, out_channels, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [layer, nn.BatchNorm2d(out_channels), nn.ReLU()]


def block(in_channels, out_channels, stride):
    depthwise = conv(in_channels, in_channels, stride=stride, groups=in_channels)
    return nn.Sequential(*depthwise, *conv(in_channels, out_channels, kernel=1))


class TinyDepthwise(nn.Module):
    def __init__(self):
        super().__init__()
        shapes = [(16, 32, 1), (32, 48, 2), (48, 64, 1), (64, 96, 2), (96, 96, 1), (96, 144, 1)]
        self.features = nn.Sequential(nn.Sequential(*conv(3, 16)), *(block(*shape) for shape in shapes))
        self.classifier = nn.Linear(144, 10)

    def forward(self, images):
        return self.classifier(self.features(images).mean((2, 3)))
