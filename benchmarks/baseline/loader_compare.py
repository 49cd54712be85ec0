#!/usr/bin/env python3
"""CPU time an image of reading a folder of pictures: PyTorch's DataLoader over ours, in turn on one machine, as a Markdown table.

    PYTHON=/usr/bin/python3 python3 loader_compare.py FOLDER [--before TREE] [--rounds 3] [--workers 1]

TREE is another checkout, at the commit to compare with. Both have been built before:
dotnet build -c Release benchmarks/TransferKit.Benchmarks
"""
import argparse
import os
import pathlib
import re
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {"resize, centre crop": "resize, center crop"}


def measure(command):
    """Milliseconds of CPU time an image, by what was read."""
    print("+", *map(str, command), file=sys.stderr, flush=True)
    lines = subprocess.run(list(map(str, command)), check=True, text=True, stdout=subprocess.PIPE).stdout
    found = re.findall(r"^(.*?)\s+\d+ images/s\s+([\d.]+) ms$", lines, re.MULTILINE)
    return {NAMES.get(name, name): float(time) for name, time in found}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folder")
    arguments.add_argument("--before", type=pathlib.Path)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--workers", type=int, default=1)
    options = arguments.parse_args()

    rest = [options.folder, "--workers", options.workers]
    sides = {"PyTorch": [os.environ.get("PYTHON", sys.executable), HERE / "loader_throughput.py", *rest]}
    trees = {"before": options.before, "now": HERE.parent.parent}
    for name, tree in trees.items():
        if tree:
            program = tree / "benchmarks/TransferKit.Benchmarks/bin/Release/net10.0/TransferKit.Benchmarks"
            sides[name] = [program, "loader", *rest]
    rounds = [{name: measure(command) for name, command in sides.items()} for _ in range(options.rounds)]

    ours = [name for name in sides if name != "PyTorch"]
    print(f"| {options.workers} workers, ms an image | {' | '.join(sides)} | {' | '.join(f'PyTorch / {name}' for name in ours)} |")
    print("|---" * (1 + len(sides) + len(ours)) + "|")
    for reading in rounds[0]["PyTorch"]:
        times = [statistics.median(one[name][reading] for one in rounds) for name in sides]
        ratios = [statistics.median(one["PyTorch"][reading] / one[name][reading] for one in rounds) for name in ours]
        print(f"| {reading} | {' | '.join(f'{time:.2f}' for time in times)} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |")


if __name__ == "__main__":
    main()
