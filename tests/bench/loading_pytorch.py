"""Loads photographs for ever with torchvision, Pillow and a DataLoader: loading_pytorch.py FOLDER [KIND].

FOLDER/train holds a folder a class. Two workers, batches of 50; random crops scaled to 224 pixels, mirroring, changed colours.
KIND is "pillow" (transforms on Pillow's images) or "tensors" (transforms.v2 on bytes in tensors). Prints a line an epoch.
"""
import sys

import torch
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
KINDS = {
    "pillow": [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ColorJitter(0.4, 0.4, 0.4, 0.1),
               transforms.ToTensor(), transforms.Normalize(MEAN, STD)],
    "tensors": [v2.PILToTensor(), v2.RandomResizedCrop(224, antialias=True), v2.RandomHorizontalFlip(), v2.ColorJitter(0.4, 0.4, 0.4, 0.1),
                v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)],
}


def main():
    torch.set_num_threads(1)
    data = ImageFolder(f"{sys.argv[1]}/train", transforms.Compose(KINDS[sys.argv[2] if len(sys.argv) > 2 else "pillow"]))
    loader = DataLoader(data, batch_size=50, shuffle=True, drop_last=True, num_workers=2, persistent_workers=True, prefetch_factor=2)
    while True:
        print(f"epoch ended: {sum(len(labels) for _, labels in loader)} images", flush=True)


if __name__ == "__main__":
    main()
