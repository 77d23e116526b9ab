"""Loads an exported network in Python and compares its logits with those computed in C++; prints figures as JSON.

usage: check_torchscript.py NETWORK INPUTS EXPECTED SIZE CLASSES
NETWORK: of TorchScript, or of the mobile interpreter (.ptl)
INPUTS, EXPECTED: raw float32, (N, 3, SIZE, SIZE) and (N, CLASSES)
"""
import json
import sys
import zipfile

import torch
from torch.jit.mobile import _load_for_lite_interpreter

network, inputs_file, expected_file = sys.argv[1:4]
size, classes = int(sys.argv[4]), int(sys.argv[5])


def read(file, *shape):
    with open(file, "rb") as stream:
        return torch.frombuffer(bytearray(stream.read()), dtype=torch.float32).view(-1, *shape)


def read_info(file):
    with zipfile.ZipFile(file) as archive:
        return json.loads(archive.read(next(name for name in archive.namelist() if name.endswith("/extra/assay.json"))))


module = _load_for_lite_interpreter(network) if network.endswith(".ptl") else torch.jit.load(network)
inputs, expected = read(inputs_file, 3, size, size), read(expected_file, classes)
with torch.no_grad():
    logits = torch.cat([module(batch) for batch in inputs.split(100)])
print(
    json.dumps(
        {
            "num_inputs": len(inputs),
            "max_abs_difference": (logits - expected).abs().max().item(),
            "same_argmax": (logits.argmax(1) == expected.argmax(1)).float().mean().item(),
            "engine": read_info(network)["engine"],
        }
    )
)
