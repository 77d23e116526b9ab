"""Gives networks weights and statistics that a trained one could have, so that BatchNorm and biases do something."""
import torch


def randomise(model):
    """Draws the BatchNorm layers and biases of a model in place."""
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0.0, 0.2)
            module.running_mean.normal_(0.0, 0.2)
            module.running_var.uniform_(0.5, 2.0)
        elif isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)) and module.bias is not None:
            torch.nn.init.normal_(module.bias, 0.0, 0.1)
