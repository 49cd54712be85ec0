#!/usr/bin/env python3
"""Makes transformers_goldens.json.gz, which networks read from transformers' files are compared with. Needs PyTorch 1.13.

    make_transformers_goldens.py

transformers itself needs a newer PyTorch. So its networks are written down here once more, with its names for their tensors,
each by its own matrices as there (queries, keys and values apart), in float64 arithmetic on weights filled by formula_weights.py.
A case has the config.json of a repository, the key and shape of each tensor in its file, and what the network says of two images:
logits, or where there is no classifier the features that timm's network hands on: the class token behind the last norm, of
DINOv3 the average of the patches.
"""
import gzip
import json
import math
import pathlib

import torch
import torch.nn.functional as F

import formula_weights

FOLDER = pathlib.Path(__file__).resolve().parent
GAIN = 2


class Weights:
    """Fills a tensor when it is first asked for, and keeps which there are."""

    def __init__(self, style):
        self.style = style
        self.shapes = {}

    def __call__(self, key, *shape):
        self.shapes[key] = list(shape)
        return torch.from_numpy(formula_weights.values(key, shape, GAIN, self.style)).double()

    def linear(self, name, x, to, bias=True):
        return F.linear(x, self(f"{name}.weight", to, x.shape[-1]), self(f"{name}.bias", to) if bias else None)

    def norm(self, name, x, eps):
        width = x.shape[-1]
        return F.layer_norm(x, (width,), self(f"{name}.weight", width), self(f"{name}.bias", width), eps)

    def conv(self, name, x, to, kernel, stride=1, padding=0, groups=1, bias=True):
        weight = self(f"{name}.weight", to, x.shape[1] // groups, kernel, kernel)
        return F.conv2d(x, weight, self(f"{name}.bias", to) if bias else None, stride, padding, 1, groups)

    def batch_norm(self, name, x):
        width = x.shape[1]
        self.shapes[f"{name}.num_batches_tracked"] = []
        return F.batch_norm(x, self(f"{name}.running_mean", width), self(f"{name}.running_var", width),
                            self(f"{name}.weight", width), self(f"{name}.bias", width), False, 0.1, 1e-5)


def heads(x, count):
    return x.unflatten(-1, (count, -1)).transpose(1, 2)


def attention(q, k, v, count, turn=lambda x: x, bias=0):
    q, k, v = turn(heads(q, count)), turn(heads(k, count)), heads(v, count)
    scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1]) + bias
    return (scores.softmax(-1) @ v).transpose(1, 2).flatten(2)


def patches(w, name, x, config, bias=True):
    size = config["patch_size"]
    return w.conv(name, x, config["hidden_size"], size, size, bias=bias).flatten(2).transpose(1, 2)


def self_attention(w, path, names, x, config, turn=lambda x: x):
    width = config["hidden_size"]
    return attention(*(w.linear(f"{path}.{name}", x, width) for name in names), config["num_attention_heads"], turn)


def vit(w, config, x):
    root, eps, width = "vit.", config["layer_norm_eps"], config["hidden_size"]
    x = patches(w, root + "embeddings.patch_embeddings.projection", x, config)
    x = torch.cat([w(root + "embeddings.cls_token", 1, 1, width).expand(len(x), -1, -1), x], 1)
    x = x + w(root + "embeddings.position_embeddings", 1, x.shape[1], width)
    for i in range(config["num_hidden_layers"]):
        layer = f"{root}encoder.layer.{i}"
        y = w.norm(f"{layer}.layernorm_before", x, eps)
        y = self_attention(w, f"{layer}.attention.attention", ("query", "key", "value"), y, config)
        x = x + w.linear(f"{layer}.attention.output.dense", y, width)
        y = w.norm(f"{layer}.layernorm_after", x, eps)
        y = F.gelu(w.linear(f"{layer}.intermediate.dense", y, config["intermediate_size"]))
        x = x + w.linear(f"{layer}.output.dense", y, width)
    return w.linear("classifier", w.norm(root + "layernorm", x, eps)[:, 0], len(config["id2label"]))


def dinov2(w, config, x):
    eps, width, registers = config["layer_norm_eps"], config["hidden_size"], config.get("num_register_tokens", 0)
    w("embeddings.mask_token", 1, width)
    x = patches(w, "embeddings.patch_embeddings.projection", x, config)
    x = torch.cat([w("embeddings.cls_token", 1, 1, width).expand(len(x), -1, -1), x], 1)
    x = x + w("embeddings.position_embeddings", 1, x.shape[1], width)
    if registers:
        tokens = w("embeddings.register_tokens", 1, registers, width).expand(len(x), -1, -1)
        x = torch.cat([x[:, :1], tokens, x[:, 1:]], 1)
    for i in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{i}"
        y = self_attention(w, f"{layer}.attention.attention", ("query", "key", "value"), w.norm(f"{layer}.norm1", x, eps), config)
        x = x + w.linear(f"{layer}.attention.output.dense", y, width) * w(f"{layer}.layer_scale1.lambda1", width)
        y = F.gelu(w.linear(f"{layer}.mlp.fc1", w.norm(f"{layer}.norm2", x, eps), width * config["mlp_ratio"]))
        x = x + w.linear(f"{layer}.mlp.fc2", y, width) * w(f"{layer}.layer_scale2.lambda1", width)
    return w.norm("layernorm", x, eps)[:, 0]


def dinov3(w, config, x):
    eps, width, registers = config["layer_norm_eps"], config["hidden_size"], config["num_register_tokens"]
    w("embeddings.mask_token", 1, 1, width)
    side = x.shape[-1] // config["patch_size"]
    x = patches(w, "embeddings.patch_embeddings", x, config)
    tokens = [w("embeddings.cls_token", 1, 1, width), w("embeddings.register_tokens", 1, registers, width)]
    x = torch.cat([*(token.expand(len(x), -1, -1) for token in tokens), x], 1)
    head = width // config["num_attention_heads"]
    frequencies = 1 / config["rope_theta"] ** torch.arange(0, 1, 4 / head)
    places = 2 * (torch.arange(side) + 0.5) / side - 1
    grid = torch.stack(torch.meshgrid(places, places, indexing="ij"), -1).flatten(0, 1)
    angles = (2 * math.pi * grid[:, :, None] * frequencies).flatten(1).tile(2).double()

    def turn(q):
        first, second = q[:, :, 1 + registers:].chunk(2, -1)
        turned = q[:, :, 1 + registers:] * angles.cos() + torch.cat([-second, first], -1) * angles.sin()
        return torch.cat([q[:, :, :1 + registers], turned], 2)

    for i in range(config["num_hidden_layers"]):
        layer = f"layer.{i}"
        y = w.norm(f"{layer}.norm1", x, eps)
        q, k, v = (w.linear(f"{layer}.attention.{name}_proj", y, width, bias=config["query_bias"] and name != "k")
                   for name in "qkv")
        y = attention(q, k, v, config["num_attention_heads"], turn)
        x = x + w.linear(f"{layer}.attention.o_proj", y, width) * w(f"{layer}.layer_scale1.lambda1", width)
        y = w.norm(f"{layer}.norm2", x, eps)
        up = w.linear(f"{layer}.mlp.up_proj", y, config["intermediate_size"])
        if config["use_gated_mlp"]:
            y = F.silu(w.linear(f"{layer}.mlp.gate_proj", y, config["intermediate_size"])) * up
        else:
            y = F.gelu(up)
        x = x + w.linear(f"{layer}.mlp.down_proj", y, width) * w(f"{layer}.layer_scale2.lambda1", width)
    return w.norm("norm", x, eps)[:, 1 + registers:].mean(1)


def clip_layers(w, config, x, activation):
    width, eps = config["hidden_size"], config["layer_norm_eps"]
    for i in range(config["num_hidden_layers"]):
        layer = f"vision_model.encoder.layers.{i}"
        y = w.norm(f"{layer}.layer_norm1", x, eps)
        y = self_attention(w, f"{layer}.self_attn", ("q_proj", "k_proj", "v_proj"), y, config)
        x = x + w.linear(f"{layer}.self_attn.out_proj", y, width)
        y = activation(w.linear(f"{layer}.mlp.fc1", w.norm(f"{layer}.layer_norm2", x, eps), config["intermediate_size"]))
        x = x + w.linear(f"{layer}.mlp.fc2", y, width)
    return x


def clip(w, whole, x):
    config = whole["vision_config"]
    width, eps = config["hidden_size"], config["layer_norm_eps"]
    w("logit_scale")
    w("text_projection.weight", 8, 8)
    w("text_model.final_layer_norm.weight", 8)
    x = patches(w, "vision_model.embeddings.patch_embedding", x, config, bias=False)
    x = torch.cat([w("vision_model.embeddings.class_embedding", width).expand(len(x), 1, -1), x], 1)
    w.shapes["vision_model.embeddings.position_ids"] = [1, x.shape[1]]
    x = x + w("vision_model.embeddings.position_embedding.weight", x.shape[1], width)
    x = clip_layers(w, config, w.norm("vision_model.pre_layrnorm", x, eps), F.gelu)
    x = w.norm("vision_model.post_layernorm", x[:, 0], eps)
    return w.linear("visual_projection", x, whole["projection_dim"], bias=False)


def siglip(w, whole, x):
    config = whole["vision_config"]
    width, eps, count = config["hidden_size"], config["layer_norm_eps"], config["num_attention_heads"]
    w("logit_bias", 1)
    x = patches(w, "vision_model.embeddings.patch_embedding", x, config)
    x = x + w("vision_model.embeddings.position_embedding.weight", x.shape[1], width)
    def gelu(x):
        return F.gelu(x, approximate="tanh")

    x = w.norm("vision_model.post_layernorm", clip_layers(w, config, x, gelu), eps)
    head = "vision_model.head"
    matrices = w(f"{head}.attention.in_proj_weight", 3 * width, width).chunk(3)
    biases = w(f"{head}.attention.in_proj_bias", 3 * width).chunk(3)
    probe = w(f"{head}.probe", 1, 1, width).expand(len(x), -1, -1)
    y = attention(*(F.linear(z, *pair) for z, *pair in zip((probe, x, x), matrices, biases)), count)
    y = w.linear(f"{head}.attention.out_proj", y, width)
    z = gelu(w.linear(f"{head}.mlp.fc1", w.norm(f"{head}.layernorm", y, eps), config["intermediate_size"]))
    return (y + w.linear(f"{head}.mlp.fc2", z, width))[:, 0]


def channels_last(w, name, x, eps=1e-6):
    return w.norm(name, x.permute(0, 2, 3, 1), eps).permute(0, 3, 1, 2)


def convnext(w, config, x, version=1):
    root = "convnext." if version == 1 else "convnextv2."
    x = w.conv(root + "embeddings.patch_embeddings", x, config["hidden_sizes"][0], 4, 4)
    x = channels_last(w, root + "embeddings.layernorm", x)
    for s, (width, depth) in enumerate(zip(config["hidden_sizes"], config["depths"])):
        stage = f"{root}encoder.stages.{s}"
        if s:
            x = w.conv(f"{stage}.downsampling_layer.1", channels_last(w, f"{stage}.downsampling_layer.0", x), width, 2, 2)
        for i in range(depth):
            layer = f"{stage}.layers.{i}"
            y = w.conv(f"{layer}.dwconv", x, width, 7, padding=3, groups=width).permute(0, 2, 3, 1)
            y = F.gelu(w.linear(f"{layer}.pwconv1", w.norm(f"{layer}.layernorm", y, 1e-6), 4 * width))
            if version == 2:
                strength = y.norm(dim=(1, 2), keepdim=True)
                relative = strength / (strength.mean(-1, keepdim=True) + 1e-6)
                y = w(f"{layer}.grn.weight", 1, 1, 1, 4 * width) * (y * relative) + w(f"{layer}.grn.bias", 1, 1, 1, 4 * width) + y
            y = w.linear(f"{layer}.pwconv2", y, width)
            if version == 1:
                y = y * w(f"{layer}.layer_scale_parameter", width)
            x = x + y.permute(0, 3, 1, 2)
    x = w.norm(root + "layernorm", x.mean((-2, -1)), 1e-6 if "layer_norm_eps" not in config else config["layer_norm_eps"])
    return w.linear("classifier", x, len(config["id2label"]))


def dinov3_convnext(w, config, x):
    for s, (width, depth) in enumerate(zip(config["hidden_sizes"], config["depths"])):
        stage = f"stages.{s}"
        if s:
            x = w.conv(f"{stage}.downsample_layers.1", channels_last(w, f"{stage}.downsample_layers.0", x), width, 2, 2)
        else:
            x = channels_last(w, f"{stage}.downsample_layers.1", w.conv(f"{stage}.downsample_layers.0", x, width, 4, 4))
        for i in range(depth):
            layer = f"{stage}.layers.{i}"
            y = w.conv(f"{layer}.depthwise_conv", x, width, 7, padding=3, groups=width).permute(0, 2, 3, 1)
            y = F.gelu(w.linear(f"{layer}.pointwise_conv1", w.norm(f"{layer}.layer_norm", y, 1e-6), 4 * width))
            x = x + (w.linear(f"{layer}.pointwise_conv2", y, width) * w(f"{layer}.gamma", width)).permute(0, 3, 1, 2)
    return w.norm("layer_norm", x.mean((-2, -1)), 1e-6)


def resnet(w, config, x):
    def unit(name, x, to, kernel, stride=1):
        x = w.conv(f"{name}.convolution", x, to, kernel, stride, kernel // 2, bias=False)
        return w.batch_norm(f"{name}.normalization", x)

    x = F.max_pool2d(F.relu(unit("resnet.embedder.embedder", x, config["embedding_size"], 7, 2)), 3, 2, 1)
    for s, (width, depth) in enumerate(zip(config["hidden_sizes"], config["depths"])):
        for i in range(depth):
            layer, stride = f"resnet.encoder.stages.{s}.layers.{i}", 2 if s and not i else 1
            if config["layer_type"] == "basic":
                steps = [(width, 3, stride), (width, 3, 1)]
            else:
                steps = [(width // 4, 1, 1), (width // 4, 3, stride), (width, 1, 1)]
            y = x
            for k, step in enumerate(steps):
                y = unit(f"{layer}.layer.{k}", F.relu(y) if k else y, *step)
            if stride > 1 or x.shape[1] != width:
                x = unit(f"{layer}.shortcut", x, width, 1, stride)
            x = F.relu(x + y)
    return w.linear("classifier.1", x.mean((-2, -1)), len(config["id2label"]))


def swin(w, config, x):
    eps, size = config["layer_norm_eps"], config["window_size"]
    x = w.conv("swin.embeddings.patch_embeddings.projection", x, config["embed_dim"], 4, 4).permute(0, 2, 3, 1)
    x = w.norm("swin.embeddings.norm", x, eps)
    places = torch.stack(torch.meshgrid(torch.arange(size), torch.arange(size), indexing="ij")).flatten(1)
    offsets = places[:, :, None] - places[:, None] + size - 1
    index = offsets[0] * (2 * size - 1) + offsets[1]
    for s, (depth, count) in enumerate(zip(config["depths"], config["num_heads"])):
        for i in range(depth):
            layer = f"swin.encoder.layers.{s}.blocks.{i}"
            x = swin_block(w, layer, x, size, count, index, shift=size // 2 if i % 2 else 0, eps=eps)
        if s + 1 < len(config["depths"]):
            layer, width = f"swin.encoder.layers.{s}.downsample", x.shape[-1]
            x = torch.cat([x[:, row::2, column::2] for column in (0, 1) for row in (0, 1)], -1)
            x = w.linear(f"{layer}.reduction", w.norm(f"{layer}.norm", x, eps), 2 * width, bias=False)
    x = w.norm("swin.layernorm", x, eps).mean((1, 2))
    return w.linear("classifier", x, len(config["id2label"]))


def swin_block(w, layer, x, size, count, index, shift, eps):
    n, side, _, width = x.shape
    shift = shift if side > size else 0
    table = w(f"{layer}.attention.self.relative_position_bias_table", (2 * size - 1) ** 2, count)
    w.shapes[f"{layer}.attention.self.relative_position_index"] = [size * size, size * size]
    bias = table[index].permute(2, 0, 1)
    y = torch.roll(w.norm(f"{layer}.layernorm_before", x, eps), (-shift, -shift), (1, 2))

    def windows(z):
        z = z.unflatten(2, (-1, size)).unflatten(1, (-1, size)).transpose(2, 3)
        return z.flatten(0, 2).flatten(1, 2)

    if shift:
        edges = torch.zeros(side, dtype=torch.long)
        edges[-size:], edges[-shift:] = 1, 2
        regions = windows((3 * edges[:, None] + edges)[None, :, :, None].double())
        mask = torch.where(regions == regions.transpose(1, 2), 0.0, -100.0)
        bias = bias + mask.repeat(n, 1, 1)[:, None]
    y = windows(y)
    path = f"{layer}.attention.self"
    y = attention(*(w.linear(f"{path}.{name}", y, width) for name in ("query", "key", "value")), count, bias=bias)
    y = w.linear(f"{layer}.attention.output.dense", y, width)
    y = y.unflatten(1, (size, size)).unflatten(0, (n, side // size, side // size)).transpose(2, 3).flatten(3, 4).flatten(1, 2)
    x = x + torch.roll(y.reshape(n, side, side, width), (shift, shift), (1, 2))
    y = F.gelu(w.linear(f"{layer}.intermediate.dense", w.norm(f"{layer}.layernorm_after", x, eps), 4 * width))
    return x + w.linear(f"{layer}.output.dense", y, width)


LABELS = {"id2label": {str(i): f"class {i}" for i in range(5)}}


def transformer(kind, size, patch, width, count, layers=12, act="gelu", **rest):
    return {"model_type": kind, "image_size": size, "patch_size": patch, "hidden_size": width, "num_hidden_layers": layers,
            "num_attention_heads": count, "hidden_act": act, **rest}


# What timm calls the architecture, the network, and its config.
CASES = [
    ("timm/vit_tiny_patch16_224", vit, transformer("vit", 48, 16, 192, 3, intermediate_size=768, layer_norm_eps=1e-12, **LABELS)),
    ("timm/vit_small_patch14_dinov2", dinov2, transformer("dinov2", 42, 14, 384, 6, mlp_ratio=4, layer_norm_eps=1e-6)),
    ("timm/vit_small_patch14_reg4_dinov2", dinov2, transformer(
        "dinov2_with_registers", 42, 14, 384, 6, mlp_ratio=4, layer_norm_eps=1e-6, num_register_tokens=4)),
    ("timm/vit_tiny_patch16_dinov3_qkvb", dinov3, transformer(
        "dinov3_vit", 48, 16, 192, 3, intermediate_size=768, layer_norm_eps=1e-5, num_register_tokens=4, rope_theta=100.0,
        query_bias=True, key_bias=False, value_bias=True, use_gated_mlp=False)),
    ("timm/vit_small_plus_patch16_dinov3", dinov3, transformer(
        "dinov3_vit", 48, 16, 384, 6, intermediate_size=1536, layer_norm_eps=1e-5, num_register_tokens=4, rope_theta=100.0,
        query_bias=False, key_bias=False, value_bias=False, use_gated_mlp=True)),
    ("timm/vit_xsmall_patch16_clip_224", clip, {"model_type": "clip", "projection_dim": 6, "vision_config": transformer(
        "clip_vision_model", 48, 16, 256, 4, layers=10, intermediate_size=1024, layer_norm_eps=1e-5)}),
    ("timm/vit_base_patch32_siglip_256", siglip, {"model_type": "siglip", "vision_config": transformer(
        "siglip_vision_model", 64, 32, 768, 12, act="gelu_pytorch_tanh", intermediate_size=3072, layer_norm_eps=1e-6)}),
    ("timm/convnext_tiny", convnext, {
        "model_type": "convnext", "hidden_sizes": [96, 192, 384, 768], "depths": [3, 3, 9, 3], "hidden_act": "gelu", **LABELS}),
    ("timm/convnextv2_atto", lambda *rest: convnext(*rest, version=2), {
        "model_type": "convnextv2", "hidden_sizes": [40, 80, 160, 320], "depths": [2, 2, 6, 2], "hidden_act": "gelu", **LABELS}),
    ("timm/convnext_tiny", dinov3_convnext, {
        "model_type": "dinov3_convnext", "hidden_sizes": [96, 192, 384, 768], "depths": [3, 3, 9, 3], "hidden_act": "gelu"}),
    ("timm/resnet18", resnet, {
        "model_type": "resnet", "embedding_size": 64, "hidden_sizes": [64, 128, 256, 512], "depths": [2, 2, 2, 2],
        "layer_type": "basic", "downsample_in_first_stage": False, **LABELS}),
    ("timm/resnet26", resnet, {
        "model_type": "resnet", "embedding_size": 64, "hidden_sizes": [256, 512, 1024, 2048], "depths": [2, 2, 2, 2],
        "layer_type": "bottleneck", "downsample_in_first_stage": False, **LABELS}),
    ("timm/swin_tiny_patch4_window7_224", swin, {
        "model_type": "swin", "image_size": 224, "patch_size": 4, "window_size": 7, "embed_dim": 96, "depths": [2, 2, 6, 2],
        "num_heads": [3, 6, 12, 24], "hidden_act": "gelu", "layer_norm_eps": 1e-5, **LABELS}),
]


def main():
    torch.set_num_threads(2)
    goldens = []
    for architecture, network, config in CASES:
        size = config.get("vision_config", config).get("image_size", 64)
        weights = Weights("kinked" if network is resnet else "smooth")
        with torch.no_grad():
            outputs = network(weights, config, torch.from_numpy(formula_weights.images(2, size)).double())
        goldens.append({
            "architecture": architecture, "config": config, "size": size, "gain": GAIN, "style": weights.style,
            "shapes": weights.shapes, "outputs": outputs[:, :8].tolist(), "largest": outputs.abs().max().item()})
        print(architecture, config["model_type"], len(weights.shapes), outputs.abs().max().item(), flush=True)
    text = json.dumps(goldens, separators=(",", ":"))
    (FOLDER / "transformers_goldens.json.gz").write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main()
