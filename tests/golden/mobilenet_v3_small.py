"""Writes torchvision's MobileNetV3-Small with random weights and statistics, and its outputs, for weights_test.

usage: mobilenet_v3_small.py FOLDER   (torch 2.11.0, torchvision 0.26.0)
FOLDER/weights.pth: state_dict;  FOLDER/old.pth: the same in the form before PyTorch 1.6, of data-parallel training;
FOLDER/small_old.pth: two small tensors in that form;  FOLDER/golden.pth: input_S and output_S for S = 224 (as published) and 32 (stem stride 1)
"""
import pathlib
import sys

import torch
import torchvision
from random_statistics import randomise

folder = pathlib.Path(sys.argv[1])
torch.manual_seed(7)
model = torchvision.models.mobilenet_v3_small(num_classes=10)
randomise(model)
model.eval()
torch.save(model.state_dict(), folder / "weights.pth")
parallel = {f"module.{name}": tensor for name, tensor in model.state_dict().items()}
torch.save({"epoch": 3, "state_dict": parallel}, folder / "old.pth", _use_new_zipfile_serialization=False)
small = {"a": torch.arange(6.0).reshape(2, 3).t(), "b": torch.tensor(7)}
torch.save(small, folder / "small_old.pth", _use_new_zipfile_serialization=False)

golden = {}
for size, stride in ((224, 2), (32, 1)):
    model.features[0][0].stride = (stride, stride)
    golden[f"input_{size}"] = torch.randn(2, 3, size, size)
    with torch.no_grad():
        golden[f"output_{size}"] = model(golden[f"input_{size}"])
torch.save(golden, folder / "golden.pth")
