"""What scikit-learn's logistic regression gets on the features of the packaged network, for FashionMnistTests:

    python3 fashion_mnist.py resnet20.safetensors

Needs Debian's dataset-fashion-mnist, python3-torch, python3-torchvision, python3-pil and python3-sklearn. The file of weights is made by
building src/TransferKit.Weights.ResNet20.
"""
import gzip
import json
import struct
import sys

import numpy as np
import torch
from PIL import Image
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from torchvision import transforms
from torchvision.models.resnet import BasicBlock, ResNet

FOLDER, PICTURES, PIXELS = "/usr/share/datasets/fashion-mnist", 1000, 64


def read(name, skip):
    with gzip.open(f"{FOLDER}/{name}-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=skip)


def safetensors(path):
    with open(path, "rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
        data = file.read()
    types = {"F16": np.float16, "F32": np.float32}
    metadata = header.pop("__metadata__")
    return json.loads(metadata["preprocessing"]), {name: torch.from_numpy(np.frombuffer(
        data[slice(*entry["data_offsets"])], types[entry["dtype"]]).reshape(entry["shape"]).astype(np.float32)) for name, entry in header.items()}


def main():
    preprocessing, weights = safetensors(sys.argv[1])
    net = ResNet(BasicBlock, [2, 2, 2, 3])
    net.load_state_dict(weights, strict=False)
    net.fc = torch.nn.Identity()
    net.eval()
    prepare = transforms.Compose([
        transforms.Resize(round(256 * PIXELS / 224)), transforms.CenterCrop(PIXELS), transforms.ToTensor(),
        transforms.Normalize(*[[preprocessing[key][color] for color in ("red", "green", "blue")] for key in ("mean", "std")]),
    ])

    def features(name):
        pictures = read(f"{name}-images-idx3", 16).reshape(-1, 28, 28)[:PICTURES]
        images = torch.stack([prepare(Image.fromarray(picture).convert("RGB")) for picture in pictures])
        with torch.no_grad():
            return torch.cat([net(part) for part in images.split(100)]).numpy(), read(f"{name}-labels-idx1", 8)[:PICTURES]

    (train, labels), (test, expected) = features("train"), features("t10k")
    scaler = StandardScaler().fit(train)
    model = LogisticRegression(C=1, max_iter=1000).fit(scaler.transform(train), labels)
    print(json.dumps({"accuracy": model.score(scaler.transform(test), expected)}))


main()
