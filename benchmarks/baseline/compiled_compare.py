#!/usr/bin/env python3
"""Compiled layers in float32 and bfloat16 beside PyTorch running timm's network in float32, in turn, on as many threads.

    dotnet build -c Release benchmarks/TransferKit.Benchmarks
    PYTHONPATH=<timm> benchmarks/baseline/compiled_compare.py [MODEL] [--image-size 224] [--batch-size 16] [--rounds 5]

Random weights, evaluation, no gradients. Each round is a process of ours and as many batches of PyTorch's; prints the least
seconds a batch of all rounds, those of each round, and ratios as a Markdown table.
"""
import argparse, pathlib, subprocess, time, warnings

import timm
import torch

REPETITIONS = 2
PROGRAM = pathlib.Path(__file__).resolve().parent.parent / "TransferKit.Benchmarks/bin/Release/net10.0/TransferKit.Benchmarks"


def ours(arguments):
    output = subprocess.run(
        [str(PROGRAM), "compiled", arguments.model, "--image-size", str(arguments.image_size), "--batch-size",
         str(arguments.batch_size), "--repetitions", str(REPETITIONS)], check=True, text=True, stdout=subprocess.PIPE).stdout
    return {precision: float(seconds) for precision, seconds in (line.split("\t") for line in output.splitlines())}


def theirs(model, images):
    times = []
    with torch.inference_mode():
        for _ in range(REPETITIONS):
            start = time.perf_counter()
            model(images)
            times.append(time.perf_counter() - start)
    return {"PyTorch": min(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", nargs="?", default="vit_small_patch14_reg4_dinov2")
    parser.add_argument("--image-size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    known = timm.get_pretrained_cfg(arguments.model)
    size = {"img_size": arguments.image_size} if known and known.fixed_input_size else {}
    model = timm.create_model(arguments.model, **size).eval()
    images = torch.randn(arguments.batch_size, 3, arguments.image_size, arguments.image_size)
    theirs(model, images[:1])
    rounds = [{**theirs(model, images), **ours(arguments)} for _ in range(arguments.rounds)]
    print(f"{arguments.model}, {arguments.image_size} px, batch {arguments.batch_size}, {torch.get_num_threads()} threads\n")
    print("| | least, s | of the rounds, s | PyTorch / it | in the worst round |\n|---|---|---|---|---|")
    least = {side: min(each[side] for each in rounds) for side in rounds[0]}
    for side in least:
        print(f"| {side} | {least[side]:.2f} | {', '.join(f'{each[side]:.2f}' for each in rounds)} "
              f"| {least['PyTorch'] / least[side]:.2f} | {min(each['PyTorch'] / each[side] for each in rounds):.2f} |")


if __name__ == "__main__":
    main()
