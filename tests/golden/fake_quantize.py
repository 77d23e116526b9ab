"""Writes fake_quantize.json: what rounding in training gives, forwards and backwards, by torch's operators; and by the
code of the LSQ paper (arXiv 1902.08153, appendix A), with which torch's must agree.

Run: scripts/python tests/golden/fake_quantize.py > tests/golden/fake_quantize.json   (torch 2.11.0)
"""
import json
import math

import torch

RATE = 0.5


def paper(values, scale, zero_point, low, high, factor):
    """Rounds with a learned scale by the paper's grad_scale and round_pass."""
    scale = (scale - scale * factor).detach() + scale * factor
    levels = torch.clamp(values / scale + zero_point, low, high)
    return ((torch.round(levels) - levels).detach() + levels - zero_point) * scale


def numbers(tensor):
    return [round(value, 7) for value in tensor.detach().flatten().tolist()]


def backward(output, upstream, *inputs):
    return torch.autograd.grad(output, inputs, upstream)


def learned(values, scale, zero_point, low, high, factor, by_torch):
    upstream = torch.round(torch.randn_like(values) * 100) / 100
    output = by_torch(factor)
    gradients = backward(output, upstream, values, scale)
    shape = [-1] + [1] * (values.dim() - 1) if scale.numel() > 1 else [1]
    expected = paper(values, scale.view(shape), zero_point, low, high, factor)
    torch.testing.assert_close(output, expected)
    torch.testing.assert_close(gradients, backward(expected, upstream, values, scale), rtol=1e-4, atol=1e-5)
    return {"shape": list(values.shape), "values": numbers(values), "scale": numbers(scale), "zero_point": zero_point,
            "upstream": numbers(upstream), "output": numbers(output), "gradient": numbers(gradients[0]),
            "scale_gradient": numbers(gradients[1]), "scale_after": numbers(scale - RATE * gradients[1])}


def learned_values(scale, zero_point, max_level):
    values = (torch.round(torch.randn(2, 3, 2, 2) * 400) / 100).requires_grad_()
    scale = torch.tensor([scale], requires_grad=True)
    factor = 1 / math.sqrt(3 * 2 * 2 * max_level)
    return {"max_level": max_level, **learned(
        values, scale, zero_point, 0, max_level, factor,
        lambda factor: torch._fake_quantize_learnable_per_tensor_affine(
            values, scale, torch.tensor([float(zero_point)]), 0, max_level, factor))}


def weights(largest):
    weight = (torch.round(torch.randn(3, 2, 2, 2) * 1000) / 1000).requires_grad_()
    scale = weight.detach().abs().flatten(1).amax(1) / largest
    upstream = torch.round(torch.randn_like(weight) * 100) / 100
    zeros = torch.zeros(3, dtype=torch.int32)
    output = torch.fake_quantize_per_channel_affine(weight, scale, zeros, 0, -largest, largest)
    return {"largest": largest, "shape": list(weight.shape), "values": numbers(weight), "upstream": numbers(upstream),
            "output": numbers(output), "gradient": numbers(backward(output, upstream, weight)[0])}


def learned_weights(largest):
    weight = (torch.round(torch.randn(3, 2, 2, 2) * 1000) / 1000).requires_grad_()
    # The second scale is too small for the largest weights, the others are not.
    scale = (weight.detach().abs().flatten(1).amax(1) / largest * torch.tensor([1.01, 0.7, 1.02])).requires_grad_()
    return {"largest": largest, **learned(
        weight, scale, 0, -largest, largest, 1 / math.sqrt(2 * 2 * 2 * largest),
        lambda factor: torch._fake_quantize_learnable_per_channel_affine(
            weight, scale, torch.zeros(3), 0, -largest, largest, factor))}


def main():
    torch.manual_seed(11)
    ranges = ((0.0217, 100, 255), (0.0131, 0, 255), (0.0217, 31, 127))
    cases = {"rate": RATE, "weights": [weights(largest) for largest in (64, 127)],
             "learned_values": [learned_values(*case) for case in ranges],
             "learned_weights": [learned_weights(largest) for largest in (64, 127)]}
    print(json.dumps(cases))


if __name__ == "__main__":
    main()
