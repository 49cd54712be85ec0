#!/usr/bin/env python3
"""Compares backbones by cross-validated linear probes with PyTorch, torchvision and scikit-learn, as one would by hand.

The other side is: dotnet run -c Release --project benchmarks/TransferKit.Benchmarks -- compare FOLDER MODEL=FILE ...
Needs torch, torchvision and scikit-learn.
"""
import argparse
import time

import torch
import torchvision
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("folder")
parser.add_argument("models", nargs="+", help="MODEL=FILE, or MODEL=none for random weights")
parser.add_argument("--workers", type=int, default=2)
options = parser.parse_args()

transform = torchvision.transforms.Compose([
    torchvision.transforms.Resize(256), torchvision.transforms.CenterCrop(224), torchvision.transforms.ToTensor(),
    torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
])
data = torchvision.datasets.ImageFolder(options.folder, transform)
whole = time.perf_counter()
for name, weights in (entry.split("=", 1) for entry in options.models):
    start = time.perf_counter()
    torch.manual_seed(0)
    model = getattr(torchvision.models, name)(weights=None)
    if weights != "none":
        model.load_state_dict(torch.load(weights, map_location="cpu"))
    if hasattr(model, "fc"):
        model.fc = torch.nn.Identity()
    else:
        model.classifier = torch.nn.Identity()
    model.eval()
    features = []
    with torch.no_grad():
        for images, _ in torch.utils.data.DataLoader(data, batch_size=32, num_workers=options.workers):
            output = model(images)
            features.append(output if output.dim() == 2 and output.shape[1] < 20_000 else output.reshape(len(output), -1, 13, 13).mean([2, 3]))
    features = torch.cat(features).numpy()
    seen = time.perf_counter() - start
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    search = GridSearchCV(probe, {"logisticregression__C": [0.0001, 0.001, 0.01, 0.1, 1]}, cv=StratifiedKFold(4), scoring="neg_log_loss")
    scores = cross_val_score(search, features, data.targets, cv=StratifiedKFold(5, shuffle=True, random_state=0),
                             scoring="accuracy")
    image = torch.zeros(1, 3, 224, 224)
    times = []
    with torch.no_grad():
        for _ in range(11):
            before = time.perf_counter()
            model(image)
            times.append(time.perf_counter() - before)
    print(f"{name}: accuracy {scores.mean():.4f}, {1000 * sorted(times[2:])[4]:.1f} ms a picture, {features.shape[1]} features, "
          f"{seen:.1f} s to see all, {time.perf_counter() - start:.1f} s in all", flush=True)
print(f"{time.perf_counter() - whole:.1f} s")
