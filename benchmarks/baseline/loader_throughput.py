"""Images a second from PyTorch's DataLoader with PIL and torchvision, to put beside `TransferKit.Benchmarks loader`.

    python3 loader_throughput.py FOLDER [--workers N] [--epochs N]
"""
import argparse
import resource
import time

from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

NORMALIZE = [transforms.ToTensor(), transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
RECIPES = {
    "random resized crop": [transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip()],
    "resize, centre crop": [transforms.Resize(256), transforms.CenterCrop(224)],
}


def cpu_seconds():
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder")
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--epochs", type=int, default=3)
    options = arguments.parse_args()

    for name, recipe in RECIPES.items():
        data = ImageFolder(options.folder, transforms.Compose(recipe + NORMALIZE))
        loader = DataLoader(data, batch_size=32, num_workers=options.workers)
        best, cpu = float("inf"), 0
        for _ in range(options.epochs):
            cpu_before, start = cpu_seconds(), time.perf_counter()
            for _ in loader:
                pass
            seconds = time.perf_counter() - start
            if seconds < best:
                best, cpu = seconds, cpu_seconds() - cpu_before
        print(f"{name:24}{len(data) / best:8.0f} images/s{1000 * cpu / len(data):8.2f} ms")


if __name__ == "__main__":
    main()
