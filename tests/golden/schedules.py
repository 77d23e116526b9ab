"""Writes schedules.json: learning-rate factors of torch.optim.lr_scheduler, step by step.

Run: scripts/python tests/golden/schedules.py > tests/golden/schedules.json   (torch 2.11.0)
"""
import json
import warnings

import torch
from torch.optim import lr_scheduler

warnings.simplefilter("ignore")
EPOCH_SCHEDULES = {"step", "exponential", "plateau"}


def make_optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))], lr=1.0)


def make_scheduler(optimizer, options, num_steps):
    """Returns PyTorch's scheduler for Assay's options; `num_steps` is the number of steps after the warm-up."""
    name = options["name"]
    if name == "constant":
        return lr_scheduler.ConstantLR(optimizer, 1.0, 1)
    if name == "cosine":
        return lr_scheduler.CosineAnnealingLR(optimizer, num_steps, options["final_factor"])
    if name == "polynomial":
        return lr_scheduler.PolynomialLR(optimizer, num_steps, options["power"])
    if name == "one_cycle":
        return lr_scheduler.OneCycleLR(
            optimizer, 1.0, num_steps, pct_start=options["climb_fraction"], div_factor=options["initial_divisor"],
            final_div_factor=options["final_divisor"], cycle_momentum=False)
    if name == "step" and "milestones" in options:
        return lr_scheduler.MultiStepLR(optimizer, options["milestones"], options["gamma"])
    if name == "step":
        return lr_scheduler.StepLR(optimizer, options["every_epochs"], options["gamma"])
    if name == "exponential":
        return lr_scheduler.ExponentialLR(optimizer, options["gamma"])
    return lr_scheduler.ReduceLROnPlateau(
        optimizer, factor=options["gamma"], patience=options["patience"], threshold=options["threshold"],
        cooldown=options["cooldown"], min_lr=options["final_factor"], eps=0.0)


class Schedule:
    """Multiplies a linear warm-up with a scheduler. Step-based schedulers start after it, epoch-based ones with it."""

    def __init__(self, options, num_steps, steps_per_epoch):
        self.options, self.steps_per_epoch = options, steps_per_epoch
        self.num_warmup, self.step_number = round(options["warmup_fraction"] * num_steps), 0
        self.warmup_optimizer, self.optimizer = make_optimizer(), make_optimizer()
        self.warmup = None
        if self.num_warmup:
            self.warmup = lr_scheduler.LinearLR(
                self.warmup_optimizer, 1.0 / self.num_warmup, 1.0, total_iters=self.num_warmup - 1)
        self.scheduler = make_scheduler(self.optimizer, options, num_steps - self.num_warmup)

    def factor(self):
        return self.warmup_optimizer.param_groups[0]["lr"] * self.optimizer.param_groups[0]["lr"]

    def step(self, validation_loss):
        """Advances after an optimizer step; calls validation_loss() at the end of an epoch."""
        self.step_number += 1
        if self.warmup:
            self.warmup.step()
        if self.options["name"] in EPOCH_SCHEDULES:
            if self.step_number % self.steps_per_epoch == 0:
                self.scheduler.step(*([validation_loss()] if self.options["name"] == "plateau" else []))
        elif self.step_number > self.num_warmup:
            self.scheduler.step()


def golden(num_steps, steps_per_epoch, losses=(), **options):
    schedule, factors, losses_left = Schedule(options, num_steps, steps_per_epoch), [], list(losses)
    for _ in range(num_steps):
        factors.append(schedule.factor())
        schedule.step(lambda: losses_left.pop(0))
    return {"num_steps": num_steps, "steps_per_epoch": steps_per_epoch, "losses": list(losses), "options": options,
            "factors": factors}


def main():
    losses = [2.0, 1.5, 1.4999, 1.6, 1.5, 1.2, 1.3, 1.3, 1.3, 1.25, 1.3, 1.3, 1.19, 1.1999, 1.3, 1.2, 1.2, 1.2, 1.2, 1.2]
    cycle = {"name": "one_cycle", "initial_divisor": 25.0, "final_divisor": 1e4}
    plateau = {"name": "plateau", "threshold": 1e-4}
    cases = [
        golden(12, 3, name="constant", warmup_fraction=0.0),
        golden(12, 3, name="constant", warmup_fraction=4 / 12),
        golden(40, 5, name="cosine", warmup_fraction=0.0, final_factor=0.0),
        golden(40, 5, name="cosine", warmup_fraction=0.2, final_factor=0.0),
        golden(100, 5, name="cosine", warmup_fraction=0.05, final_factor=0.1),
        golden(40, 5, name="polynomial", warmup_fraction=0.0, power=1.0),
        golden(40, 5, name="polynomial", warmup_fraction=0.2, power=2.5),
        golden(40, 5, **cycle, warmup_fraction=0.0, climb_fraction=0.3),
        golden(47, 5, **cycle, warmup_fraction=0.1, climb_fraction=0.25),
        golden(40, 4, name="step", warmup_fraction=0.0, every_epochs=3, gamma=0.1),
        golden(40, 4, name="step", warmup_fraction=0.15, every_epochs=2, gamma=0.5),
        golden(40, 4, name="step", warmup_fraction=0.0, milestones=[2, 3, 7], gamma=0.2),
        golden(40, 4, name="exponential", warmup_fraction=0.0, gamma=0.9),
        golden(42, 4, name="exponential", warmup_fraction=0.2, gamma=0.7),
        golden(60, 3, losses, **plateau, warmup_fraction=0.0, gamma=0.1, patience=1, cooldown=0, final_factor=0.0),
        golden(60, 3, losses, **plateau, warmup_fraction=0.2, gamma=0.5, patience=0, cooldown=2, final_factor=0.2),
    ]
    print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
