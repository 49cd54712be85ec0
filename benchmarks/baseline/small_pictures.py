"""Writes real labelled pictures that come as packages into class folders: needs Debian's python3-pil, python3-sklearn (the 1,797
handwritten digits of 8 x 8 pixels, UCI, 1998) and dataset-fashion-mnist (Xiao et al., 2017; the first 2,000 of its test set).

    python3 small_pictures.py FOLDER
"""
import gzip
import pathlib
import sys

import numpy
from PIL import Image
from sklearn.datasets import load_digits

CLOTHES = ["t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle-boot"]
SOURCE = pathlib.Path("/usr/share/datasets/fashion-mnist")


def write(folder, pixels, labels):
    for index, (picture, label) in enumerate(zip(pixels, labels)):
        path = folder / label
        path.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture).save(path / f"{index:04}.png")


def unzip(name, header):
    return numpy.frombuffer(gzip.open(SOURCE / name).read(), numpy.uint8, offset=header)


target = pathlib.Path(sys.argv[1])
digits = load_digits()
write(target / "digits", (digits.images * 255 / 16).astype(numpy.uint8), [str(label) for label in digits.target])
clothes = unzip("t10k-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)[:2000]
write(target / "clothes", clothes, [CLOTHES[label] for label in unzip("t10k-labels-idx1-ubyte.gz", 8)])
