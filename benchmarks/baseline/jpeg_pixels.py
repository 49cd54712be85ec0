#!/usr/bin/env python3
"""Compares the pixels of JPEGs with PIL's, bit for bit.

    python3 jpeg_pixels.py FOLDER [--variants]

With --variants, each picture is also encoded anew in other ways (qualities, chroma, progressive, restart markers: libjpeg-turbo's
cjpeg), in a temporary folder, and those are compared as well.
"""
import argparse
import collections
import hashlib
import pathlib
import subprocess
import tempfile

from PIL import Image, ImageOps

HERE = pathlib.Path(__file__).resolve().parent
VARIANTS = {
    "444": ["-quality", "92", "-sample", "1x1"],
    "422": ["-quality", "75", "-sample", "2x1"],
    "420": ["-quality", "30", "-sample", "2x2", "-optimize"],
    "fine": ["-quality", "100", "-sample", "2x2"],
    "grey": ["-quality", "80", "-grayscale"],
    "progressive": ["-quality", "85", "-sample", "2x2", "-progressive"],
    "progressive_444": ["-quality", "60", "-sample", "1x1", "-progressive"],
    "progressive_422": ["-quality", "95", "-sample", "2x1", "-progressive", "-restart", "50B"],
    "progressive_grey": ["-quality", "70", "-grayscale", "-progressive"],
    "restarts": ["-quality", "85", "-sample", "2x2", "-restart", "1"],
    "rare": ["-quality", "85", "-sample", "1x2"],
}


def write_variants(source, folder):
    image = ImageOps.exif_transpose(Image.open(source)).convert("RGB")
    with tempfile.NamedTemporaryFile(suffix=".ppm") as pixels:
        image.save(pixels, "PPM")
        pixels.flush()
        for name, options in VARIANTS.items():
            target = folder / f"{name}_{source.parent.name}_{source.stem}.jpg"
            subprocess.run(["cjpeg", *options, "-outfile", target, pixels.name], check=True)


def compare(folder, counts):
    lines = subprocess.run(
        ["dotnet", "run", "-c", "Release", "--no-build", "--project", HERE.parent / "TransferKit.Benchmarks", "--", "jpeg-hashes", folder],
        check=True, text=True, stdout=subprocess.PIPE).stdout.splitlines()
    for line in lines:
        found, how, path = line.split("\t")
        pixels = ImageOps.exif_transpose(Image.open(path)).convert("RGB").tobytes()
        is_equal = found == hashlib.sha256(pixels).hexdigest()
        counts[how, is_equal] += 1
        if not is_equal:
            print(f"differs, {how}: {path}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder", type=pathlib.Path)
    arguments.add_argument("--variants", action="store_true")
    options = arguments.parse_args()

    subprocess.run(["dotnet", "build", "-c", "Release", "-v", "quiet", HERE.parent / "TransferKit.Benchmarks"], check=True)
    counts = collections.Counter()
    compare(options.folder, counts)
    if options.variants:
        for source in sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg")):
            with tempfile.TemporaryDirectory() as folder:
                write_variants(source, pathlib.Path(folder))
                compare(pathlib.Path(folder), counts)
    for (how, is_equal), count in sorted(counts.items()):
        print(f"decoded {how}, {'equal' if is_equal else 'different'}: {count}")
    return 0 if all(is_equal for _, is_equal in counts) else 1


if __name__ == "__main__":
    raise SystemExit(main())
