"""Writes timm_goldens.json: what timm's create_transform makes of pictures in fixtures/ in evaluation.

    PYTHONPATH=<timm> python3 make_timm_goldens.py        (Pillow 9.4, torch 1.13, torchvision 0.14, a checkout of timm 1.0.29)

Numbers are recorded as the SHA-256 of the float32 values, little endian, [3, H, W].
"""
import hashlib
import itertools
import json
import pathlib

from PIL import Image
from timm.data import create_transform

HERE = pathlib.Path(__file__).parent
FILES = ["rgb_97x61.png", "rgb_61x97.png", "rgb_150x40.png", "rgb_31x29.png", "baseline_0.jpg"]
SIZES_AND_SHARES = [(32, 0.875), (48, 0.95), (64, 0.9), (56, 1.0), (75, 0.904)]
MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def main():
    goldens = []
    for file, (size, share) in itertools.product(FILES, SIZES_AND_SHARES):
        for mode, interpolation in itertools.product(("center", "squash"), ("bicubic", "bilinear")):
            transform = create_transform((3, size, size), crop_pct=share, crop_mode=mode, interpolation=interpolation,
                                         mean=MEAN, std=STD)
            numbers = transform(Image.open(HERE / "fixtures" / file).convert("RGB")).numpy()
            goldens.append({"file": file, "size": size, "share": share, "mode": mode, "interpolation": interpolation,
                            "sha256": hashlib.sha256(numbers.tobytes()).hexdigest()})
    text = ",\n".join(json.dumps(golden) for golden in goldens)
    (HERE / "timm_goldens.json").write_text(f"[{text}]\n")


if __name__ == "__main__":
    main()
