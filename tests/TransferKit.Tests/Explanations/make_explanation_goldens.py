#!/usr/bin/env python3
"""Makes explanation_goldens.json: Grad-CAM and Grad-CAM++ of torchvision's resnet18 and attention rollout of its vit_b_32,
written out from their papers, for formula weights and a formula image. Needs PyTorch 1.13 and torchvision 0.14. In float64.
"""
import json
import pathlib
import sys

import torch
import torch.nn.functional as F
import torchvision

FOLDER = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent / "Parity"))
import formula_weights as formula  # noqa: E402

CLASSES, STEP = 10, 16


def filled(model, gain, style):
    model.load_state_dict({
        key: torch.from_numpy(formula.values(key, tuple(value.shape), gain, style)).to(value.dtype).reshape(value.shape)
        for key, value in model.state_dict().items()})
    return model.double().eval()


def image(size):
    return torch.from_numpy(formula.images(1, size)).double()


def grid(coarse, size):
    """Every sixteenth pixel of the map, resized to the image and scaled to a maximum of 1."""
    fine = F.interpolate(coarse[None, None], size=(size, size), mode="bilinear", align_corners=False)[0, 0]
    return [[float(f"{value:.9g}") for value in row] for row in (fine / fine.max())[::STEP, ::STEP].tolist()]


def grad_cam(size):
    model = filled(torchvision.models.resnet18(num_classes=CLASSES), 2, "kinked")
    kept = {}

    def keep(module, inputs, output):
        output.retain_grad()
        kept["map"] = output

    model.layer4.register_forward_hook(keep)
    logits = model(image(size))[0]
    label = int(logits.argmax())
    logits[label].backward()
    a, g = kept["map"].detach()[0], kept["map"].grad[0]
    cam = F.relu((g.mean((1, 2), keepdim=True) * a).sum(0))
    alpha = torch.where(g == 0, torch.zeros_like(g), g ** 2 / (2 * g ** 2 + a.sum((1, 2), keepdim=True) * g ** 3))
    plus = F.relu(((alpha * F.relu(g)).sum((1, 2), keepdim=True) * a).sum(0))
    return {"label": label, "grad_cam": grid(cam, size), "grad_cam_plus_plus": grid(plus, size)}


def rollout(size):
    model = filled(torchvision.models.vit_b_32(image_size=size, num_classes=CLASSES), 2, "smooth")
    product = None
    for block in model.encoder.layers:
        def attend(query, key, value, need_weights, attention=block.self_attention, forward=block.self_attention.forward):
            nonlocal product
            output, weights = forward(query, key, value, need_weights=True)
            mixed = (weights[0] + torch.eye(weights.shape[1])) / 2
            product = mixed if product is None else mixed @ product
            return output, weights
        block.self_attention.forward = attend
    with torch.no_grad():
        model(image(size))
    side = size // 32
    coarse = product[0, 1:].reshape(side, side)
    return {"rollout": grid(coarse - coarse.min(), size)}


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    goldens = {"resnet18": {"size": 128, **grad_cam(128)}, "vit_b_32": {"size": 128, **rollout(128)}}
    (FOLDER / "explanation_goldens.json").write_text(json.dumps(goldens, indent=1) + "\n")
