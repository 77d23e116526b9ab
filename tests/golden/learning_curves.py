"""Writes learning_curves.json: the loss of each of 50 steps of PyTorch's optimizers and schedulers on a small network.

Run: scripts/python tests/golden/learning_curves.py > tests/golden/learning_curves.json   (torch 2.11.0)
Images and weights are made from a counter, by the same integer arithmetic as in learning_curves_test.cpp.
"""
import json

import torch
from schedules import Schedule
from torch import nn

NUM_STEPS, BATCH, NUM_BATCHES, NUM_CLASSES, SIZE = 50, 32, 10, 10, 12
IMAGES, LABELS, PROTOTYPES, VALIDATION, WEIGHTS = (2**24 * (i + 1) for i in range(5))  # first counter value of each


def uniform(begin, *shape):
    """Returns numbers in [-1, 1) that depend only on their index, counted from `begin`."""
    bits = torch.arange(begin, begin + torch.Size(shape).numel())
    for multiplier in (2654435761, 2246822519, 3266489917):
        bits = (bits * multiplier) & 0xFFFFFFFF
        bits = bits ^ (bits >> 15)
    return ((bits >> 8).float() / 2**23 - 1).reshape(shape)


def make_data(count, begin):
    """Returns images, each the noisy pattern of its class, and labels."""
    labels = ((uniform(begin + LABELS, count) + 1) * (NUM_CLASSES / 2)).long()
    coarse = uniform(PROTOTYPES, NUM_CLASSES, 3, SIZE // 4, SIZE // 4)
    patterns = coarse.repeat_interleave(4, 2).repeat_interleave(4, 3)
    return patterns[labels] + uniform(begin + IMAGES, count, 3, SIZE, SIZE), labels


class Net(nn.Sequential):
    """A plain, a depthwise and a pointwise convolution; weights have He's uniform distribution.

    The kinks of hard swish lie far from the activations: at a kink, the smallest difference would change the gradient."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(3, 12, 3, padding=1, bias=False), nn.BatchNorm2d(12), nn.Hardswish(),
            nn.Conv2d(12, 12, 3, 2, padding=1, groups=12, bias=False), nn.BatchNorm2d(12), nn.Hardswish(),
            nn.Conv2d(12, 24, 1, bias=False), nn.BatchNorm2d(24), nn.Hardswish(),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(24, NUM_CLASSES))
        position = WEIGHTS
        for parameter in self.parameters():
            if parameter.dim() > 1:
                bound = (6 / parameter[0].numel()) ** 0.5
                parameter.data = uniform(position, *parameter.shape) * bound
                position += parameter.numel()
        nn.init.zeros_(self[-1].bias)


class Muon:
    """Passes filters as matrices to torch.optim.Muon, and the last layer, norms and biases to AdamW."""

    def __init__(self, parameters, options):
        matrices = [parameter for parameter in parameters if parameter.dim() > 1][:-1]
        others = [parameter for parameter in parameters if all(parameter is not matrix for matrix in matrices)]
        self.filters = matrices
        self.matrices = [nn.Parameter(filters.data.view(len(filters), -1)) for filters in matrices]  # shared memory
        muon = torch.optim.Muon(self.matrices, options["lr"], options["weight_decay"], options["momentum"], options["nesterov"])
        self.parts = [muon, make_optimizer(others, {"name": "adamw", **options["others"]})]
        self.param_groups = [group for part in self.parts for group in part.param_groups]

    def zero_grad(self):
        for parameter in self.filters:
            parameter.grad = None
        self.parts[1].zero_grad()

    def step(self):
        for filters, matrix in zip(self.filters, self.matrices):
            matrix.grad = filters.grad.view_as(matrix)
        in_bfloat16 = torch.Tensor.bfloat16
        torch.Tensor.bfloat16 = lambda tensor: tensor.clone()  # float throughout, as in Assay on a CPU
        for part in self.parts:
            part.step()
        torch.Tensor.bfloat16 = in_bfloat16


def make_optimizer(parameters, options):
    if options["name"] == "muon":
        return Muon(parameters, options)
    decaying = [parameter for parameter in parameters if options["decay_norms_and_biases"] or parameter.dim() > 1]
    lasting = [parameter for parameter in parameters if all(parameter is not other for other in decaying)]
    groups = [{"params": decaying, "weight_decay": options["weight_decay"]}, {"params": lasting, "weight_decay": 0.0}]
    groups = [group for group in groups if group["params"]]
    if options["name"] == "sgd":
        return torch.optim.SGD(groups, options["lr"], options["momentum"], nesterov=options["nesterov"])
    if options["name"] == "rmsprop":
        return torch.optim.RMSprop(groups, options["lr"], options["alpha"], options["eps"], momentum=options["momentum"])
    adam = torch.optim.Adam if options["name"] == "adam" else torch.optim.AdamW
    return adam(groups, options["lr"], (options["beta1"], options["beta2"]), options["eps"])


def train(optimizer_options, schedule_options):
    """Returns the loss of each step."""
    net, loss_of = Net(), nn.functional.cross_entropy
    optimizer = make_optimizer(list(net.parameters()), optimizer_options)
    schedule = Schedule(schedule_options, NUM_STEPS, NUM_BATCHES)
    base_rates = [group["lr"] for group in optimizer.param_groups]
    images, labels = make_data(BATCH * NUM_BATCHES, 0)
    validation_images, validation_labels = make_data(64, VALIDATION)

    def validation_loss():
        net.eval()
        with torch.no_grad():
            loss = loss_of(net(validation_images), validation_labels)
        net.train()
        return loss.item()

    losses = []
    for step in range(NUM_STEPS):
        begin = step % NUM_BATCHES * BATCH
        optimizer.zero_grad()
        loss = loss_of(net(images[begin : begin + BATCH]), labels[begin : begin + BATCH])
        loss.backward()
        losses.append(loss.item())
        for group, rate in zip(optimizer.param_groups, base_rates):
            group["lr"] = rate * schedule.factor()
        optimizer.step()
        schedule.step(validation_loss)
    return {"optimizer": optimizer_options, "schedule": schedule_options, "losses": losses}


def main():
    torch.set_num_threads(1)
    constant = {"name": "constant", "warmup_fraction": 0.0}
    moments = {"beta1": 0.9, "beta2": 0.99, "eps": 1e-4}
    sgd = {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-3, "decay_norms_and_biases": True}
    adam = {"name": "adam", "lr": 0.01, **moments, "weight_decay": 0.01, "decay_norms_and_biases": True}
    adamw = {**adam, "name": "adamw", "weight_decay": 0.5}
    rmsprop = {"name": "rmsprop", "lr": 0.002, "alpha": 0.95, "eps": 1e-3, "momentum": 0.8, "weight_decay": 0.01,
               "decay_norms_and_biases": True}
    others = {"lr": 0.01, **moments, "weight_decay": 0.1, "decay_norms_and_biases": False}
    muon = {"name": "muon", "lr": 0.02, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1, "others": others}
    optimizers = [sgd, {**sgd, "nesterov": False, "decay_norms_and_biases": False}, adam, adamw,
                  {**adamw, "decay_norms_and_biases": False}, rmsprop, muon, {**muon, "nesterov": False}]
    schedules = [
        {"name": "constant", "warmup_fraction": 0.2},
        {"name": "cosine", "warmup_fraction": 0.1, "final_factor": 0.01},
        {"name": "exponential", "warmup_fraction": 0.1, "gamma": 0.6},
        {"name": "one_cycle", "warmup_fraction": 0.0, "climb_fraction": 0.3, "initial_divisor": 25.0, "final_divisor": 1e4},
        {"name": "plateau", "warmup_fraction": 0.1, "gamma": 0.1, "patience": 0, "threshold": 0.5, "cooldown": 1,
         "final_factor": 0.0},
        {"name": "polynomial", "warmup_fraction": 0.1, "power": 2.0},
        {"name": "step", "warmup_fraction": 0.1, "every_epochs": 2, "gamma": 0.2},
    ]
    curves = [train(optimizer, constant) for optimizer in optimizers] + [train(sgd, schedule) for schedule in schedules]
    print("[\n" + ",\n".join(json.dumps(curve) for curve in curves) + "\n]")


if __name__ == "__main__":
    main()
