"""Writes a file with Python's safetensors, or prints the contents of one, for safetensors_test.

usage: safetensors_files.py write FILE | read FILE   (safetensors 0.8.0)
"""
import sys

import torch
from safetensors import safe_open
from safetensors.torch import save_file


def write(path):
    tensors = {
        "float": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 4,
        "half": torch.tensor([1.5, -2.0], dtype=torch.float16),
        "bfloat": torch.tensor([[0.5]], dtype=torch.bfloat16),
        "count": torch.tensor(7),
        "flags": torch.tensor([True, False]),
        "empty": torch.zeros(0, 4),
    }
    save_file(tensors, path, metadata={"author": "Zoë"})


def read(path):
    with safe_open(path, "pt") as file:
        print(dict(sorted((file.metadata() or {}).items())))
        for name in sorted(file.keys()):
            tensor = file.get_tensor(name)
            print(name, tensor.dtype, list(tensor.shape), tensor.flatten().tolist())


{"write": write, "read": read}[sys.argv[1]](sys.argv[2])
