"""Writes what a network computes, for models/golden_network.h."""
import torch
from random_statistics import randomise


def count_macs(model, images):
    """Counts the multiplications of one image in convolutions and linear layers."""
    counts = []

    def count(module, _, output):
        counts.append(output[0].numel() * module.weight[0].numel())

    layers = [module for module in model.modules() if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return sum(counts)


def write(model, side, folder):
    """Gives a model random statistics and writes weights.pth: its state_dict; golden.pth: input (16, 3, side, side);
    output in evaluation; train_output in training; gradient.NAME of the sum of train_output * weighing;
    num_parameters; macs of one image. All is computed in float64: in float32, PyTorch's own gradients of deep networks
    differ from these by up to a quarter, wherever a unit is nearly at zero.
    """
    randomise(model)
    torch.save(model.state_dict(), folder / "weights.pth")
    model = model.double()
    images, weighing = torch.randn(16, 3, side, side, dtype=torch.double), torch.randn(16, 10, dtype=torch.double)
    with torch.no_grad():
        golden = {"input": images, "weighing": weighing, "output": model.eval()(images)}
    golden["macs"] = torch.tensor(count_macs(model, images))
    golden["num_parameters"] = torch.tensor(sum(parameter.numel() for parameter in model.parameters()))
    output = model.train()(images)
    (output * weighing).sum().backward()
    golden["train_output"] = output.detach()
    golden |= {f"gradient.{name}": parameter.grad for name, parameter in model.named_parameters()}
    torch.save(golden, folder / "golden.pth")
