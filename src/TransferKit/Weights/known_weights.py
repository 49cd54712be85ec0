"""Reduces torchvision's table of weights to what KnownWeights needs.

Usage: known_weights.py torchvision_weights.json > known_weights.json
"""
import json
import sys

# torchvision's own weights come under its BSD-3-Clause license; those trained by SWAG do not.
LICENSES = {True: "CC-BY-NC-4.0", False: "BSD-3-Clause"}


def reduced(entry):
    return {
        "model": entry["model"],
        "name": entry["weights"],
        "default": entry["is_default"],
        "url": entry["url"],
        "sha256": entry["sha256_prefix"],
        "olderFile": entry["old_file_pre_0_16"],
        "fileSizeMiB": entry["file_size_mb"],
        "acc1": entry["acc1"],
        "acc5": entry["acc5"],
        "parameters": entry["num_params"],
        "gflops": entry["gflops"],
        "minSize": max(entry["min_size"]),
        "crop": entry["crop_size"],
        "resize": entry["resize_size"],
        "interpolation": entry["interpolation"],
        "mean": entry["mean"],
        "std": entry["std"],
        "license": LICENSES["SWAG" in entry["weights"]],
        "source": entry["recipe"],
    }


with open(sys.argv[1], encoding="utf-8") as table:
    rows = [json.dumps(reduced(entry), separators=(",", ":")) for entry in json.load(table)]
print("[\n" + ",\n".join(rows) + "\n]")
