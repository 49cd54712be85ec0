#!/usr/bin/env python3
"""PyTorch's side of `steps`: the same batches through torchvision's networks (timm's Vision Transformers, where timm is on the
path), as torchvision's training reference runs them.

Channels last, gradients set to None, cross-entropy, SGD with momentum; bfloat16 by autocast. `forward` is inference (eval mode,
no gradients), `backward` there and back, `step` with the optimizer's step, `headstep` a step with all but the last layer
frozen, in training mode, which is the tutorial's recipe. cuDNN chooses its algorithms by its heuristics, PyTorch's default;
lines marked `benchmark` are with torch.backends.cudnn.benchmark, as torchvision's reference has it.

    pytorch_steps.py --tsv pytorch.tsv
    pytorch_steps.py --table transferkit.tsv pytorch.tsv
"""
import argparse, contextlib, csv, statistics, sys, time

IN_A_ROW, REPETITIONS = 4, 4
KINDS = ["forward", "backward", "step", "headstep"]


def create(name):
    """torchvision's network of that name, or else timm's."""
    import torchvision
    if hasattr(torchvision.models, name):
        return getattr(torchvision.models, name)(num_classes=10)
    import timm
    return timm.create_model(name, num_classes=10, img_size=224)


def measure(device, model_name, batch, numbers, kind, benchmark):
    import torch
    tf32 = numbers == "tf32"
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = benchmark
    model = create(model_name).to(device, memory_format=torch.channels_last)
    model.train(kind != "forward")
    if kind == "headstep":
        layers = [m for m in model.modules() if isinstance(m, torch.nn.Linear)]
        for p in model.parameters():
            p.requires_grad = False
        for p in layers[-1].parameters():
            p.requires_grad = True
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], 1e-9, momentum=0.9)
    criterion = torch.nn.CrossEntropyLoss()
    images = torch.randn(batch, 3, 224, 224, device=device).to(memory_format=torch.channels_last)
    labels = torch.zeros(batch, dtype=torch.int64, device=device)

    def autocast():
        return torch.autocast(device, torch.bfloat16) if numbers == "bfloat16" else contextlib.nullcontext()

    def one():
        if kind == "forward":
            with torch.no_grad(), autocast():
                return model(images)
        with autocast():
            loss = criterion(model(images), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        if kind != "backward":
            optimizer.step()
        return loss

    def repeat():
        for _ in range(IN_A_ROW):
            one()
        if device == "cuda":
            torch.cuda.synchronize()

    one()
    repeat()
    times = []
    for _ in range(REPETITIONS):
        start = time.perf_counter()
        repeat()
        times.append((time.perf_counter() - start) / IN_A_ROW * 1000)
    return statistics.median(times)


def run(a):
    with open(a.tsv, "w", buffering=1) if a.tsv else contextlib.nullcontext() as out:
        for name in a.models.split(","):
            for batch in map(int, a.batches.split(",")):
                for numbers in a.numbers.split(","):
                    for benchmark in (False, True) if numbers == "bfloat16" and a.device == "cuda" else (False,):
                        for kind in a.kinds.split(","):
                            ms = measure(a.device, name, batch, numbers, kind, benchmark)
                            line = "\t".join([name, str(batch), numbers + (" benchmark" if benchmark else ""), kind, f"{ms:.3f}"])
                            print(line, flush=True)
                            if out:
                                print(line, file=out)


def table(ours, theirs):
    def read(path):
        return {tuple(row[:4]): float(row[4]) for row in csv.reader(open(path), delimiter="\t") if row[4] != "failed"}
    ours, theirs = read(ours), read(theirs)
    print("| model | batch | numbers | " + " | ".join(f"{kind}, ms (PyTorch's)" for kind in KINDS) + " | "
          + " | ".join(f"{kind}, ratio" for kind in KINDS) + " |")
    print("|" + "---|" * (3 + 2 * len(KINDS)))
    for key in dict.fromkeys(k[:3] for k in theirs):
        mine = (key[0], key[1], key[2].replace(" benchmark", ""))
        cells, ratios = [], []
        for kind in KINDS:
            a, b = ours.get(mine + (kind,)), theirs.get(key + (kind,))
            cells.append(f"{a:.1f} ({b:.1f})" if a and b else "")
            ratios.append(f"{b / a:.2f}" if a and b else "")
        print(f"| {key[0]} | {key[1]} | {key[2]} | " + " | ".join(cells) + " | " + " | ".join(ratios) + " |")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--device", default="cuda")
    p.add_argument("--models", default="resnet50,mobilenet_v2,vit_b_16")
    p.add_argument("--batches", default="32,256")
    p.add_argument("--numbers", default="float32,tf32,bfloat16")
    p.add_argument("--kinds", default=",".join(KINDS))
    p.add_argument("--tsv")
    p.add_argument("--table", nargs=2, metavar=("OURS", "THEIRS"), help="print both sides beside each other")
    a = p.parse_args()
    table(*a.table) if a.table else run(a)


if __name__ == "__main__":
    sys.exit(main())
