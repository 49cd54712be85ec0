#!/usr/bin/env python3
"""Makes the goldens that the parity tests compare TransferKit with. Needs PyTorch 1.13 and torchvision 0.14.

    make_goldens.py state_dicts            -> state_dicts.json, state_dict_keys.json.gz
    make_goldens.py logits [MODEL ...]     -> logits.json (all cases, or the named models' cases anew)
    make_goldens.py initialisation         -> initialisation.json
    make_goldens.py formula                -> formula.json

Logits, statistics and gradients are those of the float32 weights in float64 arithmetic, so a float32 implementation
is compared with the exact value and not with another's rounding. The printed "float32" column is torchvision's own
float32 error against it, which must stay well below the tests' tolerance of 1e-4.
"""
import argparse
import copy
import gzip
import hashlib
import json
import math
import pathlib
import time
import warnings

import torch
import torchvision

import formula_weights as formula

FOLDER = pathlib.Path(__file__).resolve().parent
IMAGES = 2
FLOAT32_LIMIT = 2e-5

# Image size, gain and style of the filling. Sizes are small legal ones, odd where poolings round up.
CASES = [
    ("alexnet", 64, 2, "kinked"), ("convnext_tiny", 64, 2, "smooth"), ("convnext_large", 32, 2, "smooth"),
    ("densenet121", 64, 2, "kinked"), ("densenet201", 64, 2, "kinked"), ("efficientnet_b0", 64, 2, "kinked"),
    ("efficientnet_b7", 96, 1.35, "kinked"), ("efficientnet_v2_s", 64, 1.3, "kinked"), ("efficientnet_v2_l", 96, 1.1, "kinked"),
    ("googlenet", 79, 2, "kinked"), ("inception_v3", 139, 2, "kinked"), ("maxvit_t", 224, 1.5, "smooth"),
    ("mnasnet0_5", 64, 2, "kinked"), ("mnasnet1_3", 48, 2, "kinked"), ("mobilenet_v2", 64, 2, "kinked"),
    ("mobilenet_v3_small", 64, 2, "kinked"), ("mobilenet_v3_large", 64, 2, "kinked"), ("regnet_y_400mf", 64, 2, "kinked"),
    ("regnet_y_3_2gf", 64, 1.7, "kinked"), ("regnet_x_400mf", 64, 2, "kinked"), ("regnet_x_32gf", 64, 2, "kinked"),
    ("resnet18", 64, 2, "kinked"), ("resnet50", 64, 2, "kinked"), ("resnet152", 64, 2, "kinked"),
    ("resnext50_32x4d", 64, 2, "kinked"), ("resnext101_32x8d", 64, 2, "kinked"), ("wide_resnet50_2", 64, 2, "kinked"),
    ("shufflenet_v2_x0_5", 64, 2, "kinked"), ("shufflenet_v2_x2_0", 64, 2, "kinked"), ("squeezenet1_0", 64, 2, "kinked"),
    ("squeezenet1_1", 97, 2, "kinked"), ("swin_t", 112, 2, "smooth"), ("swin_b", 64, 2, "smooth"),
    ("swin_v2_t", 128, 2, "smooth"), ("swin_v2_b", 64, 2, "smooth"), ("vgg11", 64, 2, "kinked"), ("vgg16_bn", 64, 2, "kinked"),
    ("vgg19_bn", 64, 2, "kinked"), ("vit_b_16", 224, 2, "smooth"), ("vit_l_32", 224, 2, "smooth"),
]

# One a family and, where variants differ in it, two.
INITIALISED = [
    "alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet", "inception_v3", "maxvit_t",
    "mnasnet1_0", "mobilenet_v2", "mobilenet_v3_large", "regnet_x_800mf", "regnet_y_800mf", "resnet50", "shufflenet_v2_x1_0",
    "squeezenet1_0", "squeezenet1_1", "swin_t", "swin_v2_t", "vgg11", "vgg16_bn", "vit_b_16",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["state_dicts", "logits", "initialisation", "formula"])
    parser.add_argument("models", nargs="*")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    if arguments.part == "state_dicts":
        write_state_dicts()
    elif arguments.part == "logits":
        write_logits(arguments.models)
    elif arguments.part == "initialisation":
        write_initialisation()
    else:
        write_formula()


def write_state_dicts():
    digests, lines_by_model = {}, {}
    for name in model_names():
        model = uninitialised(name)
        lines = sorted(
            f"{key} {','.join(map(str, value.shape))} {str(value.dtype).removeprefix('torch.')}"
            for key, value in model.state_dict().items())
        digests[name] = {
            "parameters": sum(parameter.numel() for parameter in model.parameters()),
            "keys": len(lines),
            "sha256": hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest(),
        }
        lines_by_model[name] = lines
    write_json("state_dicts.json", digests)
    text = json.dumps(lines_by_model, separators=(",", ":"))
    (FOLDER / "state_dict_keys.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


def write_logits(models):
    path = FOLDER / "logits.json"
    cases = {case["model"]: case for case in json.loads(path.read_text())} if path.exists() else {}
    print(f"{'model':20} {'size':>4} {'seconds':>7} | float32 error: evaluation training statistics gradients |"
          " images differ, classes differ, weight matters, largest logit", flush=True)
    for name, *rest in CASES:
        if not models or name in models:
            cases[name] = golden(name, *rest)
            write_json("logits.json", [cases[case[0]] for case in CASES if case[0] in cases])


def golden(name, size, gain, style, images=IMAGES):
    start = time.time()
    model = uninitialised(name)
    fill(model, gain, style)
    rates = silence(model)
    single, double = measure(model, size, images), measure(model.double(), size, images)
    errors = [distance(single[kind], double[kind]) for kind in ("evaluation", "training", "statistics", "gradients")]
    logits = double["evaluation"]
    largest = logits.abs().max()
    images_differ = ((logits[0] - logits[1]).abs().mean() / largest).item()
    classes_differ = (logits.std(dim=1).min() / largest).item()
    print(f"{name:20} {size:4} {time.time() - start:7.1f} | {'':14}" + " ".join(f"{error:10.1e}" for error in errors)
          + f" | {images_differ:.3f} {classes_differ:.3f} {double['sensitivity']:.1e} {largest:.3g}"
          + ("" if max(errors) < FLOAT32_LIMIT else "  ILL-CONDITIONED"), flush=True)
    return {
        "model": name,
        "size": size,
        **({} if images == IMAGES else {"images": images}),
        "gain": gain,
        "style": style,
        "rates_set_to_zero": rates,
        "evaluation": summary(double["evaluation"]),
        "training": summary(double["training"]),
        "running_statistics": {key: rounded(value) for key, value in zip(double["statistic_keys"], double["statistics"])},
        "gradients": {key: rounded(value) for key, value in zip(double["gradient_keys"], double["gradients"])},
    }


def measure(model, size, count):
    """Logits [images, classes] in both modes, then norms of running statistics and gradients, after one training forward."""
    dtype = next(model.parameters()).dtype
    model = copy.deepcopy(model)
    images = torch.from_numpy(formula.images(count, size)).to(dtype)
    with torch.no_grad():
        evaluation = model.eval()(images)
        sensitivity = distance(perturbed(model)(images), evaluation) if dtype == torch.float64 else None
    training = model.train()(images)
    coefficients = torch.from_numpy(formula.coefficients(*training.shape)).to(dtype)
    (training * coefficients).mean().backward()
    parameters, buffers = dict(model.named_parameters()), dict(model.named_buffers())
    gradient_keys, statistic_keys = chosen_parameters(parameters), chosen_statistics(buffers)
    return {
        "evaluation": evaluation,
        "training": training.detach(),
        "sensitivity": sensitivity,
        "gradient_keys": gradient_keys,
        "gradients": torch.stack([parameters[key].grad.double().norm() for key in gradient_keys]),
        "statistic_keys": statistic_keys,
        "statistics": torch.stack([buffers[key].double().norm() for key in statistic_keys]) if statistic_keys else torch.zeros(0),
    }


def chosen_parameters(parameters):
    """The first, the middle and the last matrix or kernel, and the scale of the norm in the middle if there are norms."""
    kernels = [key for key, value in parameters.items() if value.dim() >= 2]
    scales = [key for key, value in parameters.items() if value.dim() == 1 and key.endswith("weight")]
    # Not a shift: a batch norm that follows takes it away again, so its exact gradient is zero.
    return [kernels[0], kernels[len(kernels) // 2], kernels[-1]] + scales[len(scales) // 2 :][:1]


def chosen_statistics(buffers):
    means = [key for key in buffers if key.endswith("running_mean")]
    return [key.replace("running_mean", name) for key in (means[:1] + means[-1:]) for name in ("running_mean", "running_var")]


def perturbed(model):
    """A copy in which half of the middle kernel is a thousandth larger."""
    model = copy.deepcopy(model)
    kernels = [value for value in model.parameters() if value.dim() >= 2]
    kernel = kernels[len(kernels) // 2]
    kernel[: kernel.shape[0] // 2 + 1] *= 1.001
    return model


def fill(model, gain, style):
    with torch.no_grad():
        for key, value in model.state_dict().items():
            if not key.endswith(formula.COMPUTED):
                value.copy_(torch.from_numpy(formula.values(key, tuple(value.shape), gain, style)))


def silence(model):
    """Sets every dropout and stochastic-depth rate to zero; true if there was one to set."""
    found = False
    for module in model.modules():
        if isinstance(module, (torch.nn.Dropout, torchvision.ops.StochasticDepth)) and module.p > 0:
            module.p, found = 0.0, True
    return found


def write_initialisation():
    result = {}
    for name in INITIALISED:
        torch.manual_seed(0)
        model = build(name)
        result[name] = {}
        for kind, keys in parameters_by_kind(model).items():
            for key in keys:
                value = model.get_parameter(key).detach().double()
                result[name][key] = {
                    "kind": kind,
                    "elements": value.numel(),
                    "mean": rounded(value.mean()),
                    "std": rounded(value.std(unbiased=False)),
                    "min": rounded(value.min()),
                    "max": rounded(value.max()),
                }
    write_json("initialisation.json", result)


def parameters_by_kind(model):
    """For each kind of layer and parameter the first and the largest; the classifier's weight and bias always."""
    kinds = {}
    for path, module in model.named_modules():
        kind = type(module).__name__ + (" grouped" if getattr(module, "groups", 1) > 1 else "")
        for name, _ in module.named_parameters(recurse=False):
            kinds.setdefault(f"{kind} {name}", []).append(f"{path}.{name}".lstrip("."))
    size = lambda key: model.get_parameter(key).numel()
    return {kind: list(dict.fromkeys([keys[0], max(keys, key=size), keys[-1]])) for kind, keys in kinds.items()}


def write_formula():
    fillings = [
        ("conv1.weight", (64, 3, 7, 7), 2, "smooth"), ("fc.weight", (10, 512), 1.35, "kinked"), ("fc.bias", (1000,), 2, "smooth"),
        ("layer1.0.bn1.weight", (64,), 2, "smooth"), ("layer1.0.bn1.weight", (64,), 2, "kinked"),
        ("layer1.0.bn1.bias", (64,), 2, "kinked"), ("layer1.0.bn1.bias", (64,), 2, "aligned"),
        ("bn1.running_mean", (64,), 2, "kinked"), ("bn1.running_var", (64,), 2, "smooth"), ("bn1.running_var", (64,), 2, "kinked"),
        ("bn1.num_batches_tracked", (), 2, "kinked"),
        ("features.1.0.layer_scale", (96, 1, 1), 2, "smooth"), ("features.1.0.attn.logit_scale", (3, 1, 1), 2, "smooth"),
        ("class_token", (1, 1, 768), 2, "smooth"),
        ("encoder.layers.encoder_layer_0.self_attention.in_proj_weight", (2304, 768), 2, "smooth"),
    ]
    write_json("formula.json", {
        "fillings": [
            {"key": key, "shape": shape, "gain": gain, "style": style, **fingerprint(formula.values(key, shape, gain, style))}
            for key, shape, gain, style in fillings],
        "images": {"size": 79, **fingerprint(formula.images(IMAGES, 79))},
        "coefficients": {"classes": 1000, **fingerprint(formula.coefficients(IMAGES, 1000))},
    })


def fingerprint(values):
    values = values.astype("<f4").ravel()
    return {"first": [rounded(value) for value in values[:4]], "sha256": hashlib.sha256(values.tobytes()).hexdigest()}


def model_names():
    not_classifiers = ("detection", "optical_flow", "quantization", "segmentation", "video")
    return sorted(
        name for name, builder in vars(torchvision.models).items()
        if callable(builder) and name.islower() and not name.startswith(("get_", "list_"))
        and builder.__module__.startswith("torchvision.models.") and builder.__module__.split(".")[2] not in not_classifiers)


def build(name, **options):
    """Without auxiliary heads, as TransferKit has them."""
    if name in ("googlenet", "inception_v3"):
        options = {"aux_logits": False, "transform_input": False, "init_weights": True, **options}
    return getattr(torchvision.models, name)(weights=None, **options)


def uninitialised(name):
    """A model whose initialisation is skipped: its values are about to be replaced or are never read."""
    functions = {key: value for key, value in vars(torch.nn.init).items() if key.endswith("_") and not key.startswith("_")}
    try:
        for key in functions:
            setattr(torch.nn.init, key, lambda tensor, *_, **__: tensor)
        return build(name, **({"init_weights": False} if name in ("googlenet", "inception_v3") else {}))
    finally:
        for key, value in functions.items():
            setattr(torch.nn.init, key, value)


def summary(logits):
    return {
        "first": [[rounded(value) for value in row[:8]] for row in logits],
        "mean": rounded(logits.mean()),
        "largest": rounded(logits.abs().max()),
        "norm": rounded(logits.norm()),
    }


def distance(actual, expected):
    """The largest difference, relative to the largest expected value; for norms, each relative to its own."""
    if expected.numel() == 0:
        return 0.0
    scale = expected.abs().max() if expected.dim() > 1 else expected.abs()
    error = ((actual.double() - expected).abs() / scale).max().item()
    return math.inf if math.isnan(error) else error


def rounded(value):
    """Nine significant digits, which tell any two float32 apart."""
    return float(f"{float(value):.9g}")


def write_json(name, content):
    (FOLDER / name).write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
