#!/usr/bin/env python3
"""The same job in TransferKit and in PyTorch, alternating on one machine; prints a Markdown table of medians and ratios.

    dotnet build -c Release samples/Flowers
    benchmarks/baseline/compare.py --runs 3 -- --data DIR --model mobilenet_v2 --weights FILE --unfreeze features.18,classifier
    benchmarks/baseline/compare.py --runs 3 --table --data DIR --mobilenet FILE

What follows -- goes to both. --table runs the jobs of the project's table of speeds, each --runs times. Needs PyTorch and
torchvision for the Python that PYTHON names (default: python3 on the PATH; Debian: apt-get install python3-torch
python3-torchvision).
"""
import argparse, json, os, pathlib, platform, statistics, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
FLOWERS = HERE.parent.parent / "samples/Flowers/bin/Release/net10.0/Flowers"
ROWS = [
    ("training, s an epoch", lambda r: statistics.median(e["train_seconds"] for e in r["epochs"]), "{:.1f}"),
    ("validation, s an epoch", lambda r: statistics.median(e["validation_seconds"] for e in r["epochs"]), "{:.1f}"),
    ("whole job, s", lambda r: r["total_seconds"], "{:.1f}"),
    ("best accuracy", lambda r: r["best_accuracy"], "{:.4f}"),
    ("peak memory, MiB", lambda r: r["peak_memory_mib"], "{:.0f}"),
]

JOBS = [  # what, options, what is compared
    ("ResNet-50, `layer4,fc`, augmented", "--model resnet50 --weights none --unfreeze layer4,fc", "total_seconds"),
    ("the same, not augmented", "--model resnet50 --weights none --unfreeze layer4,fc --no-augment", "total_seconds"),
    ("ResNet-50, the head alone, not augmented", "--model resnet50 --weights none --unfreeze fc --no-augment", "total_seconds"),
    ("MobileNetV2, `features.18,classifier`, augmented",
     "--model mobilenet_v2 --weights {mobilenet} --unfreeze features.18,classifier", "total_seconds"),
    ("MobileNetV2, everything, augmented", "--model mobilenet_v2 --weights {mobilenet} --unfreeze features,classifier",
     "total_seconds"),
]


def run(command, report):
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run([*command, "--json", report], check=True, stdout=sys.stderr)
    return json.loads(pathlib.Path(report).read_text())


def alternate(job, runs, frozen_bn):
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(runs):
            ours.append(run([str(FLOWERS), *job, "--quiet", "--save", f"{folder}/model.tkm"], f"{folder}/ours.json"))
            theirs.append(run([os.environ.get("PYTHON", "python3"), str(HERE / "pytorch_transfer.py"), *job, "--quiet",
                               *(["--frozen-bn"] if frozen_bn else [])], f"{folder}/theirs.json"))
    return ours, theirs


def print_job(job, ours, theirs):
    print(f"`{' '.join(job)}`; {len(ours)} alternating runs; "
          f"{ours[0]['train_images']} training and {ours[0]['validation_images']} validation images.\n")
    print("| | TransferKit | PyTorch | PyTorch / TransferKit |\n|---|---|---|---|")
    for name, value, form in ROWS:
        a, b = (statistics.median(map(value, side)) for side in (ours, theirs))
        print(f"| {name} | {form.format(a)} | {form.format(b)} | {b / a:.2f} |")


def print_table(arguments):
    print("| job | TransferKit, s | PyTorch, s | ratio | accuracy | PyTorch's | peak memory, ratio |\n|---|---|---|---|---|---|---|")
    for name, options, value in [JOBS[int(row) - 1] for row in arguments.rows.split(",")] if arguments.rows else JOBS:
        job = ["--data", arguments.data, "--epochs", str(arguments.epochs), "--seed", "0",
               *options.format(mobilenet=arguments.mobilenet).split()]
        ours, theirs = alternate(job, arguments.runs, arguments.frozen_bn)
        median = lambda side, key: statistics.median(report[key] for report in side)
        a, b = median(ours, value), median(theirs, value)
        memory = median(ours, "peak_memory_mib") / median(theirs, "peak_memory_mib")
        print(f"| {name} | {a:.1f} | {b:.1f} | {b / a:.1f} | {median(ours, 'best_accuracy'):.3f} "
              f"| {median(theirs, 'best_accuracy'):.3f} | {memory:.2f} |", flush=True)
        first = [statistics.median(report["epochs"][0]["validation_seconds"] for report in side) for side in (ours, theirs)]
        print(f"| … its first validation | {first[0]:.1f} | {first[1]:.1f} | {first[1] / first[0]:.1f} | | | |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--frozen-bn", action="store_true", help="PyTorch keeps frozen batch norms in evaluation mode too")
    parser.add_argument("--table", action="store_true", help="run the jobs of the table of speeds")
    parser.add_argument("--data", help="with --table: the folder of pictures")
    parser.add_argument("--mobilenet", help="with --table: MobileNetV2's ImageNet weights")
    parser.add_argument("--epochs", type=int, default=5, help="with --table")
    parser.add_argument("--rows", help="with --table: numbers of some of its jobs, divided by commas; default: all")
    parser.add_argument("job", nargs=argparse.REMAINDER, help="after --: the options of both programs")
    arguments = parser.parse_args()
    job = [word for word in arguments.job if word != "--"]
    if arguments.table:
        print_table(arguments)
    else:
        print_job(job, *alternate(job, arguments.runs, arguments.frozen_bn))
    print(f"\n{os.cpu_count()} cores, {platform.machine()}.")


if __name__ == "__main__":
    main()
