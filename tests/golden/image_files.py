"""Writes image files of many kinds and the pixels that Pillow reads from them, for image_file_test.

usage: image_files.py FOLDER   (Pillow 13.0.0)
FOLDER/NAME.EXT: the file;  FOLDER/NAME.ppm: the same pixels as RGB, 8 bits, upright;  FOLDER/scaled_HxW.ppm: jpeg.jpg by Lanczos
"""
import pathlib
import sys

import numpy
from PIL import Image, ImageCms, ImageOps


def draw(height, width):
    """Returns an image with colours and edges, smooth enough to survive JPEG."""
    y, x = numpy.mgrid[0:height, 0:width]
    red = 255 * x / width
    green = 255 * y / height
    blue = 127 + 100 * numpy.sin(x / 9) * numpy.cos(y / 7)
    return Image.fromarray(numpy.stack([red, green, blue], -1).astype(numpy.uint8))


def main():
    folder = pathlib.Path(sys.argv[1])
    picture = draw(60, 90)

    def keep(name, image, expected=None, **options):
        path = folder / name
        image.save(path, **options)
        (expected or ImageOps.exif_transpose(Image.open(path)).convert("RGB")).save(path.with_suffix(".ppm"))

    keep("png.png", picture)
    keep("bmp.bmp", picture)
    keep("tiff.tif", picture)
    keep("webp.webp", picture, lossless=True)
    keep("jpeg.jpg", picture, quality=95)
    keep("grey.jpg", picture.convert("L"), quality=95)
    keep("palette.gif", picture.quantize(16))
    keep("frames.gif", picture.quantize(16), save_all=True, append_images=[Image.new("P", picture.size)])
    keep("palette.png", picture.quantize(16))
    keep("bilevel.png", picture.convert("1"))
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate by 90 degrees clockwise
    keep("turned.jpg", picture, quality=95, exif=exif)
    alpha = picture.copy()
    alpha.putalpha(Image.linear_gradient("L").resize(picture.size))
    grey = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    keep("alpha.png", alpha, Image.alpha_composite(grey, alpha).convert("RGB"))
    deep = numpy.asarray(picture.convert("L")).astype(numpy.uint16) * 257
    keep("deep.png", Image.fromarray(deep), picture.convert("L").convert("RGB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    keep("profile.png", picture, icc_profile=srgb)
    keep("broken_profile.png", picture, icc_profile=b"not a profile")
    keep("cmyk.jpg", picture.convert("CMYK"), quality=95)
    decoded = Image.open(folder / "jpeg.jpg").convert("RGB")
    for height, width in [(30, 45), (20, 20), (90, 120)]:
        decoded.resize((width, height), Image.Resampling.LANCZOS).save(folder / f"scaled_{height}x{width}.ppm")


main()
