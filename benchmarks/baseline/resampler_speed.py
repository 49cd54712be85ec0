"""Pillow's resampling alone, on one thread, to put beside `TransferKit.Benchmarks resampler`.

    python3 resampler_speed.py [--repetitions N]
"""
import argparse
import statistics
import time

import numpy
from PIL import Image

TARGET = (224, 224)
FILTERS = {"Bilinear": Image.Resampling.BILINEAR, "Bicubic": Image.Resampling.BICUBIC, "Lanczos": Image.Resampling.LANCZOS}


def milliseconds(image, resample):
    start = time.thread_time()
    image.resize(TARGET, resample)
    return 1000 * (time.thread_time() - start)


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--repetitions", type=int, default=50)
    repetitions = arguments.parse_args().repetitions

    print(f"CPU time a picture on one thread, to {TARGET[0]} x {TARGET[1]}, median of {repetitions}")
    noise = numpy.random.default_rng(1)
    for name, resample in FILTERS.items():
        for width, height in [(500, 375), (1024, 768), (3000, 2000)]:
            image = Image.fromarray(noise.integers(0, 256, (height, width, 3), dtype=numpy.uint8))
            median = statistics.median(milliseconds(image, resample) for _ in range(repetitions))
            print(f"{name:9}{width} x {height:<6}{median:8.3f} ms")


if __name__ == "__main__":
    main()
