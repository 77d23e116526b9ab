"""Writes sparsity.json: which weights PyTorch's pruning sets to zero, and the sparsity of schedules step by step.

Run: scripts/python tests/golden/sparsity.py > tests/golden/sparsity.json   (torch 2.11.0)
"""
import json
import warnings

import torch
from torch.ao.pruning import WeightNormSparsifier
from torch.nn.utils import prune

warnings.simplefilter("ignore")


def make_layers():
    return [torch.nn.Conv2d(4, 3, 3), torch.nn.Linear(8, 5), torch.nn.Linear(3, 7)]


def unstructured(sparsity, scope):
    layers = make_layers()
    weights = [layer.weight.detach().clone() for layer in layers]
    if scope == "global":
        named = [(layer, "weight") for layer in layers]
        prune.global_unstructured(named, pruning_method=prune.L1Unstructured, amount=sparsity)
    else:
        for layer in layers:
            prune.l1_unstructured(layer, "weight", amount=sparsity)
    return {"sparsity": sparsity, "scope": scope, "layers": [
        {"shape": list(weight.shape), "weight": weight.flatten().tolist(),
         "kept": layer.weight_mask.flatten().int().tolist()} for layer, weight in zip(layers, weights)]}


def two_of_four():
    network = torch.nn.Sequential(torch.nn.Linear(12, 5))
    weight = network[0].weight.detach().clone()
    sparsifier = WeightNormSparsifier(sparsity_level=1.0, sparse_block_shape=(1, 4), zeros_per_block=2)
    sparsifier.prepare(network, [{"tensor_fqn": "0.weight"}])
    sparsifier.step()
    kept = network[0].parametrizations.weight[0].mask
    return {"shape": list(weight.shape), "weight": weight.flatten().tolist(), "kept": kept.flatten().int().tolist()}


def schedule(kind, initial, final, first, last):
    """Zhu and Gupta 2017, equation 1, for cubic; what is left falls by equal factors for exponential."""
    values = []
    for step in range(last + 4):
        progress = min(max((step - first) / (last - first), 0.0), 1.0)
        if kind == "exponential":
            value = 1.0 - (1.0 - initial) ** (1.0 - progress) * (1.0 - final) ** progress
        else:
            value = final + (initial - final) * (1.0 - progress) ** {"linear": 1, "cubic": 3}[kind]
        values.append(value)
    return {"kind": kind, "initial": initial, "final": final, "first": first, "last": last, "values": values}


def main():
    torch.manual_seed(11)
    cases = [unstructured(sparsity, scope) for sparsity in (0.01, 0.3, 0.5, 0.97) for scope in ("layer", "global")]
    schedules = [schedule(kind, *ends) for kind in ("linear", "cubic", "exponential")
                 for ends in ((0.0, 0.9, 0, 10), (0.2, 0.55, 3, 17))]
    print(json.dumps({"unstructured": cases, "two_of_four": two_of_four(), "schedules": schedules}))


if __name__ == "__main__":
    main()
