#!/usr/bin/env python3
"""The same job in TransferKit and in PyTorch, alternating on one machine; prints a Markdown table of medians and ratios.

    dotnet build -c Release samples/Flowers
    benchmarks/baseline/compare.py --runs 3 -- --data DIR --model mobilenet_v2 --weights FILE --unfreeze features.18,classifier

What follows -- goes to both. Needs PyTorch and torchvision for the Python that PYTHON names (default: python3 on the PATH;
Debian: apt-get install python3-torch python3-torchvision).
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


def run(command, report):
    print("+", *command, file=sys.stderr, flush=True)
    subprocess.run([*command, "--json", report], check=True, stdout=sys.stderr)
    return json.loads(pathlib.Path(report).read_text())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--frozen-bn", action="store_true", help="PyTorch keeps frozen batch norms in evaluation mode too")
    parser.add_argument("job", nargs=argparse.REMAINDER, help="after --: the options of both programs")
    arguments = parser.parse_args()
    job = [word for word in arguments.job if word != "--"]

    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(arguments.runs):
            ours.append(run([str(FLOWERS), *job, "--quiet", "--save", f"{folder}/model.tkm"], f"{folder}/ours.json"))
            theirs.append(run([os.environ.get("PYTHON", "python3"), str(HERE / "pytorch_transfer.py"), *job, "--quiet",
                               *(["--frozen-bn"] if arguments.frozen_bn else [])], f"{folder}/theirs.json"))

    print(f"`{' '.join(job)}`; {arguments.runs} alternating runs on {os.cpu_count()} cores, {platform.machine()}; "
          f"{ours[0]['train_images']} training and {ours[0]['validation_images']} validation images.\n")
    print("| | TransferKit | PyTorch | PyTorch / TransferKit |\n|---|---|---|---|")
    for name, value, form in ROWS:
        a, b = (statistics.median(map(value, side)) for side in (ours, theirs))
        print(f"| {name} | {form.format(a)} | {form.format(b)} | {b / a:.2f} |")
    print(f"\n{ours[0]['system']} against {theirs[0]['system']}.")


if __name__ == "__main__":
    main()
