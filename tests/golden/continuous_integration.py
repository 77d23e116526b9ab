"""Writes the two-pathway network with random weights, and its outputs, for continuous_integration_test.

usage: continuous_integration.py FOLDER   (torch 2.11.0)
FOLDER/weights_DEPTH.pth: state_dict with the layers that the original never runs;  FOLDER/golden_DEPTH.pth: input
(2, 3, 24, 20), output in evaluation, train_output in training without dropout, gradient.NAME of the sum of train_output
* weighing, for DEPTH = shallow, medium and deep
"""
import pathlib
import sys

import torch
from random_statistics import randomise
from resnet_cifar import Block
from torch import nn

DEPTHS = {"shallow": ([1, 1], [1, 2]), "medium": ([2, 2, 2], [1, 2, 4]), "deep": ([2, 3, 4, 2], [2, 4, 8, 16])}
BRIGHTNESS = torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)


class Initial(nn.Module):
    def __init__(self, in_channels, channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, channels, 3, padding=1, bias=False)
        self.bn = nn.BatchNorm2d(channels)

    def forward(self, images):
        return torch.relu(self.bn(self.conv(images)))


class Stage(nn.Module):
    def __init__(self, in_channels, channels, num_blocks, stride):
        super().__init__()

        def blocks():
            rest = (Block(channels, channels, 1) for _ in range(num_blocks - 1))
            return nn.ModuleList([Block(in_channels, channels, stride), *rest])

        self.color_blocks, self.brightness_blocks, self.integration_blocks = blocks(), blocks(), blocks()

    def forward(self, color, brightness):
        for block in self.color_blocks:
            color = block(color)
        for block in self.brightness_blocks:
            brightness = block(brightness)
        return color, brightness


class Integration(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.color_weight = nn.Parameter(torch.tensor(0.7))
        self.brightness_weight = nn.Parameter(torch.tensor(0.2))
        self.integrated_weight = nn.Parameter(torch.tensor(-0.1))
        self.integration_mlp = nn.Sequential(
            nn.Conv2d(2 * channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.fc_integration = nn.Sequential(
            nn.Linear(2 * channels, channels, bias=False),
            nn.BatchNorm1d(channels),
            nn.ReLU(),
            nn.Linear(channels, channels, bias=False),
        )

    def forward(self, *features):
        weights = torch.stack([self.color_weight, self.brightness_weight, self.integrated_weight][: len(features)])
        mixed = sum(share * one for share, one in zip(torch.softmax(weights, 0), features))
        layers = self.integration_mlp if features[0].dim() == 4 else self.fc_integration
        return mixed + layers(torch.cat(features[:2], 1))


class ContinuousIntegration(nn.Module):
    """Integration modules follow every stage."""

    def __init__(self, depth, channels=8, num_classes=10):
        super().__init__()
        num_blocks, factors = DEPTHS[depth]
        self.initial_color, self.initial_brightness = Initial(3, channels), Initial(1, channels)
        self.stages, self.integration_modules = nn.ModuleList(), nn.ModuleDict()
        in_channels = channels
        for index, (count, factor) in enumerate(zip(num_blocks, factors)):
            self.stages.append(Stage(in_channels, factor * channels, count, 2 if index > 0 else 1))
            in_channels = factor * channels
            self.integration_modules[f"stage_{index}"] = Integration(in_channels)
        self.final_integration = Integration(in_channels)
        self.classifier = nn.Sequential(
            nn.Dropout(0.0),
            nn.Linear(in_channels, in_channels // 2),
            nn.ReLU(),
            nn.Dropout(0.0),
            nn.Linear(in_channels // 2, num_classes),
        )

    def forward(self, images):
        color, brightness = self.initial_color(images), self.initial_brightness((images * BRIGHTNESS).sum(1, True))
        for index, stage in enumerate(self.stages):
            color, brightness = stage(color, brightness)
            integrated = self.integration_modules[f"stage_{index}"](color, brightness)
        pooled = [one.mean((2, 3)) for one in (color, brightness, integrated)]
        return self.classifier(self.final_integration(*pooled))


def main():
    folder = pathlib.Path(sys.argv[1])
    for depth in DEPTHS:
        torch.manual_seed(13)
        model = ContinuousIntegration(depth)
        randomise(model)
        torch.save(model.state_dict(), folder / f"weights_{depth}.pth")
        images, weighing = torch.randn(2, 3, 24, 20), torch.randn(2, 10)
        with torch.no_grad():
            golden = {"input": images, "weighing": weighing, "output": model.eval()(images)}
        output = model.train()(images)
        (output * weighing).sum().backward()
        golden["train_output"] = output.detach()
        golden |= {f"gradient.{name}": one.grad for name, one in model.named_parameters() if one.grad is not None}
        torch.save(golden, folder / f"golden_{depth}.pth")


if __name__ == "__main__":
    main()
