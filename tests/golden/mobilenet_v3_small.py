"""Writes torchvision's MobileNetV3-Small with random weights and statistics, and what it computes, for weights_test.

usage: mobilenet_v3_small.py FOLDER   (torch 2.11.0, torchvision 0.26.0)
FOLDER/weights.pth: state_dict;  FOLDER/golden.pth: input_S and output_S for S = 224 (as published) and 32 (stem stride 1)
"""
import pathlib
import sys

import torch
import torchvision

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(7)
model = torchvision.models.mobilenet_v3_small(num_classes=10)
for module in model.modules():
    if isinstance(module, torch.nn.BatchNorm2d):
        torch.nn.init.uniform_(module.weight, 0.5, 1.5)
        torch.nn.init.normal_(module.bias, 0.0, 0.2)
        module.running_mean.normal_(0.0, 0.2)
        module.running_var.uniform_(0.5, 2.0)
    elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and module.bias is not None:
        torch.nn.init.normal_(module.bias, 0.0, 0.1)
model.eval()
torch.save(model.state_dict(), folder / "weights.pth")

golden = {}
for size, stride in ((224, 2), (32, 1)):
    model.features[0][0].stride = (stride, stride)
    golden[f"input_{size}"] = torch.randn(2, 3, size, size)
    with torch.no_grad():
        golden[f"output_{size}"] = model(golden[f"input_{size}"])
torch.save(golden, folder / "golden.pth")
