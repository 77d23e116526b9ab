"""Trains with PyTorch as one would write it by hand: training_pytorch.py FOLDER MODEL EPOCHS [CONFIGURATION].

FOLDER has CIFAR-10's binary layout; MODEL is resnet20 or mobilenet_v3_small. Prints a line at the end of each epoch, then images/s
of all epochs as a JSON array, including the wait for the first batch. CONFIGURATION is "LOADING WORKERS FORMAT", such as "batched 1
channels_last"; "each" times all configurations and finally prints {configuration: images/s of the last epoch}. Where DEVICE=cuda is
set, it is "MODE FORMAT" instead: all images and their augmentation on the GPU, in bfloat16; MODE is eager or one of torch.compile's.
"""
import json
import os
import pathlib
import sys
import time

import torch
import torchvision
from torch import nn
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "golden"))
from resnet_cifar import ResNet

THREADS, BATCH, PADDING, SIDE = 2, 128, 4, 32
DEVICE = os.environ.get("DEVICE", "cpu")
MODES = ("eager", "default", "max-autotune")
MEAN, STD = torch.tensor([125.3, 123.0, 113.9]), torch.tensor([63.0, 62.1, 66.7])


class Images(Dataset):
    """Crops, mirrors and normalises; indexed by a number or, faster, by the indices of a whole batch."""

    def __init__(self, folder):
        files = sorted(pathlib.Path(folder).glob("data_batch_*.bin"))
        rows = torch.cat([torch.frombuffer(bytearray(file.read_bytes()), dtype=torch.uint8) for file in files]).view(-1, 3073)
        self.labels, self.pixels = rows[:, 0].long().to(DEVICE), rows[:, 1:].reshape(-1, 3, SIDE, SIDE).contiguous().to(DEVICE)
        self.mean, self.scale = MEAN.view(3, 1, 1).to(DEVICE), (1 / STD.view(3, 1, 1)).to(DEVICE)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        if isinstance(index, list):
            return self.batch(torch.tensor(index))
        image = nn.functional.pad(self.pixels[index].float(), [PADDING] * 4, mode="reflect")
        top, left = torch.randint(2 * PADDING + 1, (2,)).tolist()
        image = image[:, top : top + SIDE, left : left + SIDE]
        if torch.rand(()) < 0.5:
            image = image.flip(2)
        return (image - self.mean) * self.scale, self.labels[index]

    def batch(self, indices):
        """Looks up each pixel's source in one indexing operation."""
        shifts = torch.randint(-PADDING, PADDING + 1, (2, len(indices), 1), device=DEVICE)
        rows, columns = (SIDE - 1 - (SIDE - 1 - (torch.arange(SIDE, device=DEVICE) + shifts).abs()).abs()).unbind()  # (N, 32) each
        columns = torch.where(torch.rand(len(indices), 1, device=DEVICE) < 0.5, columns.flip(1), columns)
        channels = torch.arange(3, device=DEVICE)[:, None, None]
        images = self.pixels[indices[:, None, None, None], channels, rows[:, None, :, None], columns[:, None, None]]
        return images.float().sub_(self.mean).mul_(self.scale), self.labels[indices]


class DeviceLoader:
    """Batches of images that lie on the device."""

    def __init__(self, data):
        self.data = data

    def __len__(self):
        return len(self.data) // BATCH

    def __iter__(self):
        order = torch.randperm(len(self.data), device=DEVICE)
        return (self.data.batch(order[i * BATCH : (i + 1) * BATCH]) for i in range(len(self)))


def make_loader(data, loading, num_workers):
    if loading == "device":
        return DeviceLoader(data)
    options = {"num_workers": num_workers, "persistent_workers": num_workers > 0}
    if loading == "batched":
        return DataLoader(data, sampler=BatchSampler(RandomSampler(data), BATCH, drop_last=True), batch_size=None, **options)
    return DataLoader(data, BATCH, shuffle=True, drop_last=True, **options)


def make_model(name):
    if name == "resnet20":
        return ResNet()
    model = torchvision.models.mobilenet_v3_small(num_classes=10)
    model.features[0][0].stride = (1, 1)
    return model


def train(data, name, epochs, configuration):
    """Returns images/s of each epoch."""
    *mode, memory_format = configuration.split()
    loading, num_workers = ("device", 0) if DEVICE == "cuda" else mode
    memory_format = getattr(torch, memory_format)
    model = make_model(name).to(DEVICE, memory_format=memory_format)
    if DEVICE == "cuda" and mode != ["eager"]:
        model = torch.compile(model, mode=mode[0])
    loader = make_loader(data, loading, int(num_workers))
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4, nesterov=True, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * len(loader))
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.1)
    speeds = []
    for _ in range(epochs):
        begin, loss_sum = time.perf_counter(), torch.zeros((), device=DEVICE)
        for images, labels in loader:
            with torch.autocast(DEVICE, torch.bfloat16, enabled=DEVICE == "cuda"):
                loss = loss_of(model(images.contiguous(memory_format=memory_format)), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            loss_sum += loss.detach()
        loss_sum.item()
        speeds.append(len(loader) * BATCH / (time.perf_counter() - begin))
        print(f"epoch ended: {len(loader) * BATCH} images, {speeds[-1]:.0f} images/s", flush=True)
    return speeds


def main():
    folder, name, epochs, configuration = *sys.argv[1:4], " ".join(sys.argv[4:]) or "each"
    torch.set_num_threads(THREADS)
    data = Images(folder)
    if configuration != "each":
        print(json.dumps(train(data, name, int(epochs), configuration)))
        return
    loadings = MODES if DEVICE == "cuda" else [f"{loading} {workers}" for loading in ("single", "batched") for workers in (0, 1, 2)]
    configurations = [f"{one} {memory_format}" for one in loadings for memory_format in ("contiguous_format", "channels_last")]
    print(json.dumps({one: train(data, name, int(epochs), one)[-1] for one in configurations}))


if __name__ == "__main__":
    main()
