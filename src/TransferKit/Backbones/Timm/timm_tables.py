#!/usr/bin/env python3
"""Reduces what timm knows of its models to the two tables that TransferKit brings along. Needs a checkout of timm.

    PYTHONPATH=<timm> timm_tables.py <timm>

timm_architectures.json.gz   for each architecture the class that builds it, and the arguments of that class that differ from
                             its defaults, in timm's names: {"resnet50": ["ResNet", {"block": "Bottleneck", ...}], ...}
timm_weights.json.gz         for each set of weights what its file is, how images are prepared for it, and how good it is,
                             those of an architecture in timm's order, the default first

Both leave out what a model built without weights doesn't need, and what has its usual value.
"""
import csv
import dataclasses
import functools
import gzip
import importlib
import inspect
import json
import pathlib
import sys
import types

import timm
import torch
from timm.layers import get_act_layer
from timm.models import _builder, _registry

FOLDER = pathlib.Path(__file__).resolve().parent

# Activations in the names of TransferKit's own, whatever timm's class for them is called.
ACTIVATIONS = {get_act_layer(name).__name__: name for name in ("relu6", "hard_swish", "hard_sigmoid", "sigmoid", "tanh", "gelu")}
ACTIVATIONS |= {"ReLU": "relu", "SiLU": "silu", "Swish": "silu", "GELU": "gelu", "ReLU6": "relu6", "GELUTanh": "gelu_tanh",
                "QuickGELU": "quick_gelu", "Sigmoid": "sigmoid", "Hardswish": "hard_swish", "Hardsigmoid": "hard_sigmoid",
                "swish": "silu", "GELUTanh": "gelu_tanh", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "Mish": "mish"}

# What says where weights or features lie, and not what is computed.
BESIDE = {"num_classes", "in_chans", "device", "dtype", "init_weights", "fix_init", "output_stride",
           "scriptable", "exportable", "jit", "no_jit"}


class Recorded(Exception):
    pass


def record(model_cls, variant, pretrained, pretrained_cfg=None, pretrained_cfg_overlay=None, model_cfg=None, feature_cfg=None,
           pretrained_strict=True, pretrained_filter_fn=None, cache_dir=None, kwargs_filter=None, **kwargs):
    resolved = _builder.resolve_pretrained_cfg(variant, pretrained_cfg=pretrained_cfg,
                                               pretrained_cfg_overlay=pretrained_cfg_overlay).to_dict()
    _builder._update_default_model_kwargs(resolved, kwargs, kwargs_filter)
    if model_cfg is not None:
        kwargs["cfg"] = model_cfg
    raise Recorded(model_cls, kwargs)


def architecture(name):
    """The class that builds an architecture, and its arguments; None where that isn't all."""
    try:
        _registry.model_entrypoint(name)(pretrained=False)
    except Recorded as recorded:
        model_cls, arguments = recorded.args
    else:
        return None
    if arguments.pop("pruned", False) or arguments.pop("features_only", False):
        return None
    signature = inspect.signature(model_cls)
    defaults = {key: parameter.default for key, parameter in signature.parameters.items()}
    arguments = {key: value for key, value in arguments.items()
                 if key not in BESIDE and not same(value, defaults.get(key, inspect.Parameter.empty))}
    if {"block", "layers"} <= arguments.keys() and not isinstance(arguments["block"], (list, tuple)):
        arguments["block"] = [arguments["block"]] * len(arguments["layers"])
    if "block_args" in arguments and isinstance(arguments["block_args"], list):
        arguments = with_rounded_channels(arguments, defaults["stem_size"])
    if isinstance(arguments.get("cfg"), timm.models.byobnet.ByoModelCfg):
        arguments["cfg"] = with_plain_groups(arguments["cfg"])
    return [model_cls.__name__, {key: plain(value) for key, value in arguments.items()}]


def same(value, default):
    try:
        return bool(plain(value) == plain(default))
    except TypeError:
        return False


def with_rounded_channels(arguments, usual_stem):
    """An EfficientNet's blocks as they are built, with the factor of its width applied; what is zero or false is left out."""
    rounded = arguments.pop("round_chs_fn", timm.models._efficientnet_builder.round_channels)
    if not arguments.get("fix_stem", False):
        arguments["stem_size"] = rounded(arguments.get("stem_size", usual_stem))
    arguments.pop("fix_stem", None)
    arguments["block_args"] = [
        [{key: rounded(value) if key in ("out_chs", "force_in_chs") else value for key, value in block.items() if value}
         for block in stage] for stage in arguments["block_args"]]
    return arguments


def with_plain_groups(cfg):
    """A ByobNet's blocks, one by one where the size of their groups is a function of their place."""
    return dataclasses.replace(cfg, blocks=tuple(
        [dataclasses.replace(stage, d=1, gs=stage.gs(int(stage.c), place)) for place in range(stage.d)]
        if callable(getattr(stage, "gs", None)) else stage for stage in cfg.blocks))


def plain(value):
    """A value as JSON has it: classes and functions by name, dataclasses by what differs from their defaults."""
    if isinstance(value, functools.partial):
        name, values = plain(value.func), plain(value.keywords)
        return {"name": name, **values} if values else name
    if isinstance(value, type):
        return ACTIVATIONS.get(value.__name__, value.__name__)
    if isinstance(value, (types.FunctionType, types.BuiltinFunctionType)):
        return value.__name__
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)
                if getattr(value, field.name) != default_of(field)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return ACTIVATIONS.get(value, value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise TypeError(f"{value!r} has no form in JSON")


def default_of(field):
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def weights(results):
    for name in timm.list_models():
        known = _registry._model_default_cfgs[name]
        tags = [(tag, known.cfgs[tag]) for tag in known.tags if known.cfgs[tag].has_weights]
        for tag, cfg in tags:
            full = f"{name}.{tag}" if tag else name
            measured = results.get(full, {})
            row = {
                "name": full,
                "hub": cfg.hf_hub_id if cfg.hf_hub_id != f"timm/{full}" and cfg.hf_hub_id != "timm/" else None,
                "url": cfg.url if not cfg.hf_hub_id and isinstance(cfg.url, str) else None,
                "size": cfg.input_size[1],
                "interpolation": cfg.interpolation.capitalize(),
                "crop": cfg.crop_pct,
                "squash": True if cfg.crop_mode == "squash" else None,
                "mean": cfg.mean if tuple(cfg.mean) != (0.485, 0.456, 0.406) else None,
                "std": cfg.std if tuple(cfg.std) != (0.229, 0.224, 0.225) else None,
                "classes": cfg.num_classes if cfg.num_classes != 1000 else None,
                "license": cfg.license,
                "top1": float(measured["top1"]) if measured else None,
                "parameters": float(measured["param_count"].replace(",", "")) if measured else None,
            }
            yield {key: value for key, value in row.items() if value is not None}


def write(name, content):
    text = json.dumps(content, separators=(",", ":"))
    (FOLDER / name).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{name}: {len(content)} entries, {len(text)} bytes, {(FOLDER / name).stat().st_size} compressed")


def main():
    with open(pathlib.Path(sys.argv[1]) / "results" / "results-imagenet.csv", newline="") as file:
        results = {row["model"]: row for row in csv.DictReader(file)}
    for module in list(sys.modules.values()):
        if module.__name__.startswith("timm.models.") and hasattr(module, "build_model_with_cfg"):
            module.build_model_with_cfg = record
    architectures = {}
    for name in timm.list_models():
        try:
            found = architecture(name)
        except TypeError as error:
            print(f"{name}: {error}")
            continue
        if found is not None:
            architectures[name] = found
        else:
            print(f"{name}: left out")
    write("timm_architectures.json.gz", architectures)
    write("timm_weights.json.gz", list(weights(results)))


if __name__ == "__main__":
    main()
