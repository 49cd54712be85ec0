#!/usr/bin/env python3
"""How far other resizers are from Pillow's bilinear one, in levels of 255.

Resizes photos to 256 on the shorter side and cuts the middle 224 x 224, as the classification networks' transforms do, and prints
for each resizer the mean difference to Pillow's pixels, that of the worst photo, and the greatest of a single value; for photos
that were made smaller, and for those that were made larger. Needs Debian's python3-pil, python3-torch, python3-torchvision and
python3-opencv; sharp, canvas and transformers.js are measured where resizers.mjs, which says how, has written what they make.

    resizers.py [--node OUT] PHOTO...
"""
import argparse
import pathlib

import cv2
import numpy as np
import PIL
import torch
import torchvision
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional


def by_tensor(image, size, antialias):
    tensor = torch.from_numpy(image).permute(2, 0, 1)
    resized = functional.resize(tensor, size[::-1], InterpolationMode.BILINEAR, antialias=antialias)
    return resized.permute(1, 2, 0).numpy()


RESIZERS = {
    "torchvision on tensors, antialias=True": lambda image, size: by_tensor(image, size, True),
    "torchvision on tensors, antialias=False": lambda image, size: by_tensor(image, size, False),
    "cv2.resize, INTER_LINEAR": lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_LINEAR),
    "cv2.resize, INTER_AREA": lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_AREA),
    "cv2.resize, INTER_CUBIC": lambda image, size: cv2.resize(image, size, interpolation=cv2.INTER_CUBIC),
    "Pillow, BICUBIC": lambda image, size: np.asarray(Image.fromarray(image).resize(size, Image.BICUBIC)),
}


def crop(pixels):
    top, left = (round((length - 224) / 2) for length in pixels.shape[:2])
    return pixels[top:top + 224, left:left + 224]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=pathlib.Path, metavar="PHOTO")
    parser.add_argument("--node", type=pathlib.Path, metavar="OUT", help="the folder that resizers.mjs wrote")
    options = parser.parse_args()
    print(f"Pillow {PIL.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}, OpenCV {cv2.__version__}")
    differences = {True: {}, False: {}}
    for photo in options.photos:
        image = np.array(Image.open(photo).convert("RGB"))
        height, width = image.shape[:2]
        shorter = min(width, height)
        size = (256 * width // shorter, 256 * height // shorter)
        expected = crop(np.asarray(Image.fromarray(image).resize(size, Image.BILINEAR))).astype(int)
        made = {name: crop(resize(image, size)) for name, resize in RESIZERS.items()}
        for folder in sorted(options.node.iterdir()) if options.node else []:
            made[folder.name] = np.fromfile(folder / photo.name, np.uint8).reshape(224, 224, 3)
        for name, pixels in made.items():
            differences[shorter >= 256].setdefault(name, []).append(np.abs(pixels - expected))
    for is_smaller, resizers in differences.items():
        for name, each in resizers.items():
            means = [difference.mean() for difference in each]
            print(f"| {len(each)} made {'smaller' if is_smaller else 'larger'} | {name} | {np.mean(means):.2f} | {max(means):.1f} "
                  f"| {max(difference.max() for difference in each)} |")


if __name__ == "__main__":
    main()
