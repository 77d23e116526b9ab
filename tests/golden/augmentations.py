"""Writes an image and what torchvision makes of it, for augmentation_golden_test.

usage: augmentations.py FOLDER   (torch 2.11.0, torchvision 0.26.0)
FOLDER/image.bin: 40 x 56 x 3 bytes, row by row;  FOLDER/NAME.bin: the same changed
"""
import math
import pathlib
import sys

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

HEIGHT, WIDTH = 40, 56
GREY = 128.0  # torchvision darkens the border where it fills with a colour, so the images are shifted to fill with 0


def draw():
    """Returns an image with colours, edges and noise, which does not use the whole range."""
    y, x = torch.meshgrid(torch.arange(HEIGHT), torch.arange(WIDTH), indexing="ij")
    torch.manual_seed(3)
    planes = torch.stack([x * 4, y * 5, 120 + 60 * torch.sin(x / 5) * torch.cos(y / 4)]).float()
    planes[:, 10:20, 15:30] = torch.tensor([200.0, 40.0, 90.0]).view(3, 1, 1)
    return (planes + torch.randint(0, 12, planes.shape)).clamp(5, 240).to(torch.uint8)


def warp(image, degrees=0.0, shift=(0, 0), slopes=(0.0, 0.0)):
    """Returns the image rotated about its centre, or sheared about its corner, or shifted; grey around it."""
    shear = [math.degrees(math.atan(slope)) for slope in slopes]
    centre = [0, 0] if any(slopes) else None
    shifted = F.affine(
        image.float() - GREY, -degrees, list(shift), 1.0, shear, InterpolationMode.BILINEAR, center=centre
    )
    return (shifted + GREY).round().to(torch.uint8)


image = draw()
changed = {
    "image": image,
    "brightness": F.adjust_brightness(image, 1.4),
    "contrast": F.adjust_contrast(image, 0.3),
    "saturation": F.adjust_saturation(image, 1.7),
    "hue": F.adjust_hue(image, 0.15),
    "hue_back": F.adjust_hue(image, -0.4),
    "sharpness": F.adjust_sharpness(image, 1.8),
    "posterize": F.posterize(image, 3),
    "solarize": F.solarize(image, 100.0),
    "autocontrast": F.autocontrast(image),
    "equalize": F.equalize(image),
    "rotation": warp(image, degrees=25.0),
    "shear_x": warp(image, slopes=(0.3, 0.0)),
    "shear_y": warp(image, slopes=(0.0, -0.3)),
    "translate_x": warp(image, shift=(7, 0)),
    "translate_y": warp(image, shift=(0, -5)),
}
for name, one in changed.items():
    (pathlib.Path(sys.argv[1]) / f"{name}.bin").write_bytes(one.permute(1, 2, 0).contiguous().numpy().tobytes())
