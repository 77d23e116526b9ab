"""Writes a torchvision network with random weights and statistics, and its outputs, for torchvision_test.

usage: torchvision_models.py MODEL FOLDER   (torch 2.11.0, torchvision 0.26.0)
FOLDER/weights.pth: state_dict;  FOLDER/golden.pth: input (2, 3, 64, 64); output in evaluation; train_output in training
without dropout and stochastic depth; gradient.NAME of the sum of train_output * weighing
       torchvision_models.py --load MODEL FILE   loads a safetensors file strictly into the network
"""
import pathlib
import sys

import torch
import torchvision
from random_statistics import randomise
from safetensors.torch import load_file


def make(name):
    torch.manual_seed(7)
    model = getattr(torchvision.models, name)(num_classes=10)
    randomise(model)
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)):
            module.p = 0.0
    return model


def write(name, folder):
    model = make(name)
    torch.save(model.state_dict(), folder / "weights.pth")
    images, weighing = torch.randn(2, 3, 64, 64), torch.randn(2, 10)
    with torch.no_grad():
        golden = {"input": images, "weighing": weighing, "output": model.eval()(images)}
    output = model.train()(images)
    (output * weighing).sum().backward()
    golden["train_output"] = output.detach()
    golden |= {f"gradient.{name}": parameter.grad for name, parameter in model.named_parameters()}
    torch.save(golden, folder / "golden.pth")


if sys.argv[1] == "--load":
    make(sys.argv[2]).load_state_dict(load_file(sys.argv[3]))
else:
    write(sys.argv[1], pathlib.Path(sys.argv[2]))
