"""Makes the files beside this script with Debian's python3-torch 1.13 and python3-onnx 1.12: python3 make_graphs.py

One small residual network with random weights, written as four exporters write it, with the logits of one input; and files that look
like it but are of other networks. Names mean nothing in any of them.
"""
import collections
import io
import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import helper, numpy_helper
from torch import nn

FOLDER = pathlib.Path(__file__).parent


class Block(nn.Module):
    """Its downsampling comes first, as CNTK orders it."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.down = None
        if stride != 1 or inputs != outputs:
            self.down = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.a = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))
        self.b = nn.Sequential(nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        skip = x if self.down is None else self.down(x)
        return torch.relu(self.b(torch.relu(self.a(x))) + skip)


class Net(nn.Module):
    def __init__(self, blocks=2, classes=5, stride=2):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, stride, 1, bias=False), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2))
        self.body = nn.Sequential(Block(8, 16, 2), *[Block(16, 16, 1) for _ in range(blocks - 1)])
        self.head = nn.Linear(16, classes) if classes else nn.Identity()

    def forward(self, x):
        return self.head(self.body(self.stem(x)).mean((2, 3)))


class Inverted(nn.Module):
    """Depthwise convolutions and a gate with biases, as mobile networks have."""

    def __init__(self):
        super().__init__()
        self.a = nn.Sequential(nn.Conv2d(3, 12, 1, bias=False), nn.BatchNorm2d(12))
        self.b = nn.Sequential(nn.Conv2d(12, 12, 3, 2, 1, groups=12, bias=False), nn.BatchNorm2d(12))
        self.squeeze, self.excite = nn.Conv2d(12, 4, 1), nn.Conv2d(4, 12, 1)
        self.head = nn.Linear(12, 5)

    def forward(self, x):
        x = torch.relu(self.b(torch.relu(self.a(x))))
        gate = torch.sigmoid(self.excite(torch.relu(self.squeeze(x.mean((2, 3), keepdim=True)))))
        return self.head((x * gate).mean((2, 3)))


class Branches(nn.Module):
    """Two parallel convolutions of the same size; a pooling may tell them apart."""

    def __init__(self, pool):
        super().__init__()
        self.stem, self.left, self.right = nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 1)
        self.pool = nn.AvgPool2d(3, 1, 1) if pool else nn.Identity()
        self.head = nn.Linear(8, 5)

    def forward(self, x):
        x = torch.relu(self.stem(x))
        return self.head(torch.cat([self.left(x), self.right(self.pool(x))], 1).mean((2, 3)))


def filled(net, seed=1):
    generator = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if value.is_floating_point():
            random = torch.randn(value.shape, generator=generator)
            value.copy_(random.abs() + 0.5 if name.endswith("running_var") else random * (0.3 if value.dim() > 1 else 0.1)
                        + (1 if name.endswith("1.weight") and value.dim() == 1 else 0))
    return net.eval()


def export(net, folded=True):
    buffer = io.BytesIO()
    torch.onnx.export(net, torch.zeros(1, 3, 32, 32), buffer, opset_version=13,
                      training=torch.onnx.TrainingMode.EVAL if folded else torch.onnx.TrainingMode.PRESERVE)
    return onnx.load_from_string(buffer.getvalue())


def rename(model):
    """Names that mean nothing, and initialisers in another order than the graph's."""
    names = {t.name: f"Parameter{(i * 37) % 101}" for i, t in enumerate(model.graph.initializer)}
    for tensor in model.graph.initializer:
        tensor.name = names[tensor.name]
    for node in model.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
    tensors = sorted(model.graph.initializer, key=lambda t: t.name)
    del model.graph.initializer[:]
    model.graph.initializer.extend(tensors)
    return model


def cntk(net):
    """CNTK: opset 8, padding at the beginning alone, no classifier, an epsilon of its own."""
    model = rename(export(net, folded=False))
    for node in model.graph.node:
        if node.op_type == "Conv" and list(onnx.helper.get_attribute_value(a) for a in node.attribute if a.name == "strides")[0] == [2, 2]:
            for attribute in node.attribute:
                if attribute.name == "pads" and attribute.ints[0] == 1:
                    attribute.ints[:] = [1, 1, 0, 0]
        if node.op_type == "BatchNormalization":
            for attribute in node.attribute:
                if attribute.name == "epsilon":
                    attribute.f = 1e-3
    return model


def keras(net):
    """tf2onnx: images of channels last, padding as nodes, norms folded, matrices [in, out] and their biases apart."""
    model = export(net)
    nodes = []
    extra = [numpy_helper.from_array(np.array([0, 0, 1, 1, 0, 0, 1, 1], np.int64), "pads_of_one")]
    tensors = {t.name: t for t in model.graph.initializer}
    source = model.graph.input[0].name
    nodes.append(helper.make_node("Transpose", [source], ["channels_first"], perm=[0, 3, 1, 2]))
    for i, node in enumerate(model.graph.node):
        node.input[:] = ["channels_first" if name == source else name for name in node.input]
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        if node.op_type == "Conv" and attributes["kernel_shape"] == [3, 3] and attributes["strides"] == [2, 2]:
            nodes.append(helper.make_node("Pad", [node.input[0], "pads_of_one"], [f"padded{i}"]))
            node.input[0] = f"padded{i}"
            for attribute in node.attribute:
                if attribute.name == "pads":
                    attribute.ints[:] = [0, 0, 0, 0]
        if node.op_type == "Conv" and attributes["kernel_shape"] == [3, 3] and attributes["strides"] == [1, 1]:
            kept = [a for a in node.attribute if a.name != "pads"]
            del node.attribute[:]
            node.attribute.extend(kept + [helper.make_attribute("auto_pad", "SAME_UPPER")])
        if node.op_type == "Gemm":
            matrix = numpy_helper.to_array(tensors[node.input[1]]).T.copy()
            tensors[node.input[1]].CopyFrom(numpy_helper.from_array(matrix, node.input[1]))
            nodes.append(helper.make_node("MatMul", [node.input[0], node.input[1]], ["product"]))
            nodes.append(helper.make_node("Add", ["product", node.input[2]], [node.output[0]]))
            continue
        nodes.append(node)
    nodes = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(extra)
    return rename(model)


def save(name, model):
    model.doc_string = model.producer_version = ""
    for node in model.graph.node:
        node.doc_string = node.name = ""
    (FOLDER / name).write_bytes(model.SerializeToString())


def foreign(net):
    """A state_dict in the order of torchvision's layers, under another library's names."""
    parts = [("stem", net.stem)]
    for i, block in enumerate(net.body):
        parts += [(f"stages.{i}.a", block.a), (f"stages.{i}.b", block.b)] + ([(f"stages.{i}.c", block.down)] if block.down else [])
    names = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
    tensors = collections.OrderedDict()
    for name, part in parts:
        tensors[f"{name}.kernel"] = part[0].weight.detach()
        for role, value in part[1].state_dict().items():
            if role in names:
                tensors[f"{name}.norm.{names[role]}"] = value
    tensors["top.kernel"], tensors["top.bias"] = net.head.weight.detach(), net.head.bias.detach()
    return tensors


net = filled(Net())
images = torch.arange(3 * 32 * 32).reshape(1, 3, 32, 32).float().mul(0.37).sin()
save("folded.onnx", export(net))
save("parameters.onnx", rename(export(net, folded=False)))
save("keras.onnx", keras(net))
torch.save(foreign(net), FOLDER / "foreign.pth")
torch.save(foreign(filled(Net(blocks=3))), FOLDER / "foreign_longer.pth")
headless = filled(Net(classes=0))
save("headless.onnx", cntk(headless))
save("longer.onnx", cntk(filled(Net(blocks=3, classes=0))))
save("stride.onnx", rename(export(filled(Net(stride=1)))))
inverted = filled(Inverted())
save("inverted.onnx", rename(export(inverted)))
branches = filled(Branches(pool=True))
save("pool.onnx", rename(export(branches)))
save("ambiguous.onnx", rename(export(filled(Branches(pool=False)))))
for block in headless.modules():
    if isinstance(block, nn.BatchNorm2d):
        block.eps = 1e-3
with torch.no_grad():
    goldens = {"net": net(images), "headless": headless(images), "inverted": inverted(images), "pool": branches(images)}
(FOLDER / "logits.json").write_text(json.dumps({name: [round(v, 6) for v in value[0].tolist()] for name, value in goldens.items()}, indent=1))
