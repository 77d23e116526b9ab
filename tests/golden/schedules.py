"""Writes schedules.json: learning-rate factors of torch.optim.lr_scheduler, step by step.

Run: scripts/python tests/golden/schedules.py > tests/golden/schedules.json
"""
import json
import warnings

import torch

warnings.simplefilter("ignore")


def cosine(num_steps, num_warmup, final_factor):
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimizer = torch.optim.SGD([parameter], lr=1.0)
    parts, milestones = [], []
    if num_warmup:
        start = 1.0 / num_warmup
        parts.append(torch.optim.lr_scheduler.LinearLR(optimizer, start, 1.0, total_iters=num_warmup - 1))
        milestones.append(num_warmup)
    parts.append(torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps - num_warmup, eta_min=final_factor))
    schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, parts, milestones) if num_warmup else parts[0]
    factors = []
    for _ in range(num_steps):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return factors


cases = [
    {"name": "cosine", "num_steps": n, "warmup_fraction": w / n, "final_factor": f, "factors": cosine(n, w, f)}
    for n, w, f in [(40, 0, 0.0), (40, 8, 0.0), (100, 5, 0.1)]
]
print(json.dumps(cases, indent=1))
