#!/usr/bin/env python3
"""torch.load and load_state_dict, beside reading the file's bytes: the counterpart of the benchmarks' `weights` command.

    benchmarks/baseline/weights_loading.py MODEL FILE.pth            # --make writes such a file with fresh weights first
"""
import os, statistics, sys, time

import torch
import torchvision


def median(action, repetitions=15):
    action()
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


name, path = [word for word in sys.argv[1:] if word != "--make"]
model = getattr(torchvision.models, name)()
if "--make" in sys.argv:
    torch.save(model.state_dict(), path)
data = median(lambda: open(path, "rb").read())
load = median(lambda: model.load_state_dict(torch.load(path)))
print(f"{name}: reading the bytes {data:.1f} ms, torch.load and load_state_dict {load:.1f} ms, {load / data:.2f} times that")
