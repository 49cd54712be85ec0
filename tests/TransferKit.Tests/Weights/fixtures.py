"""Makes the weights files beside this script, with PyTorch 1.13 (Debian's python3-torch): python3 fixtures.py

Each is a few kB. Tensors are filled by numel * [0, 1, 2, ...] patterns that the tests compute again; files of
safetensors and hostile ones are written by hand, since PyTorch would not.
"""
import argparse
import collections
import json
import os
import pathlib
import pickle
import struct
import zipfile

import torch

FOLDER = pathlib.Path(__file__).parent / "Fixtures"


def ramp(*shape, dtype=torch.float32):
    """0, 1, 2, ... in row-major order."""
    count = 1
    for size in shape:
        count *= size
    return torch.arange(count).reshape(shape).to(dtype)


def save(name, value, legacy=False):
    torch.save(value, FOLDER / name, _use_new_zipfile_serialization=not legacy)


def state_dict():
    return collections.OrderedDict([("conv.weight", ramp(4, 3, 2, 2)), ("conv.bias", ramp(4)), ("fc.weight", ramp(2, 4))])


DTYPES = {
    "float16": torch.float16, "bfloat16": torch.bfloat16, "float32": torch.float32, "float64": torch.float64,
    "int8": torch.int8, "int16": torch.int16, "int32": torch.int32, "int64": torch.int64, "uint8": torch.uint8,
}


def dtypes():
    tensors = {name: ramp(2, 3, dtype=dtype) for name, dtype in DTYPES.items()}
    tensors["bool"] = torch.tensor([[True, False, True], [False, True, False]])
    return tensors


def views():
    base = ramp(6, 8)
    return {
        "transposed": base.t(),
        "every_other_column": base[:, ::2],
        "offset": base[2:4],
        "middle": base[1:5, 2:6],
        "expanded": ramp(3, 1).expand(3, 5),
        "permuted": ramp(2, 3, 4).permute(2, 0, 1),
        "overlapping": ramp(6).as_strided((4, 3), (1, 1)),
        "scalar": torch.tensor(7.0),
        "empty": torch.empty(0, 3),
    }


def checkpoint():
    return {
        "epoch": 3,
        "best_accuracy": torch.tensor(0.9),
        "args": argparse.Namespace(lr=0.1),
        "state_dict": collections.OrderedDict(("module." + key, value) for key, value in state_dict().items()),
        "optimizer": {"state": {0: {"momentum_buffer": ramp(4)}}, "param_groups": [{"lr": 0.1, "params": [0]}]},
    }


class Parameters(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, 2)
        self.fc = torch.nn.Linear(4, 2, bias=False)
        self.load_state_dict(state_dict())

    def forward(self, images):
        return self.fc(self.conv(images).mean([2, 3]))


def safetensors(tensors, padding=0):
    header, data = {"__metadata__": {"format": "pt"}}, b""
    names = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int8: "I8",
             torch.int16: "I16", torch.int32: "I32", torch.int64: "I64", torch.uint8: "U8", torch.bool: "BOOL"}
    for name, tensor in tensors.items():
        storage = tensor.contiguous().flatten()
        values = bytes(storage.view(torch.uint8).tolist()) if tensor.dtype != torch.bool else bytes(storage.tolist())
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(header).encode() + b" " * padding
    return struct.pack("<Q", len(text)) + text + data


def sharded():
    """Two files and an index, as Hugging Face's libraries write them."""
    tensors = state_dict()
    parts = {"sharded-1.safetensors": ["conv.weight"], "sharded-2.safetensors": ["conv.bias", "fc.weight"]}
    for name, keys in parts.items():
        (FOLDER / name).write_bytes(safetensors({key: tensors[key] for key in keys}))
    weight_map = {key: name for name, keys in parts.items() for key in keys}
    index = {"metadata": {"total_size": 240}, "weight_map": weight_map}
    (FOLDER / "sharded.safetensors.index.json").write_text(json.dumps(index, indent=1))


def onnx(name, dtype=torch.float32):
    model = Parameters().eval().to(dtype)
    torch.onnx.export(model, torch.zeros(1, 3, 4, 4, dtype=dtype), str(FOLDER / name), opset_version=13)


def deflated(name):
    """The same file with every part compressed, which PyTorch reads and never writes."""
    source = zipfile.ZipFile(FOLDER / name)
    with zipfile.ZipFile(FOLDER / name.replace(".pth", "_deflated.pth"), "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry), zipfile.ZIP_DEFLATED)


class Command:
    """Unpickled by Python, it would run a command."""

    def __reduce__(self):
        return os.system, ("touch hacked",)


def main():
    FOLDER.mkdir(exist_ok=True)
    save("plain.pth", state_dict())
    save("plain_legacy.pth", state_dict(), legacy=True)
    deflated("plain.pth")
    save("dtypes.pth", dtypes())
    save("dtypes_legacy.pth", dtypes(), legacy=True)
    save("views.pth", views())
    save("views_legacy.pth", views(), legacy=True)
    save("checkpoint.pth", checkpoint())
    save("checkpoint_legacy.pth", checkpoint(), legacy=True)
    save("parameters.pth", collections.OrderedDict(Parameters().named_parameters()))
    save("model_state_dict.pth", {"model_state_dict": state_dict(), "step": 5})
    save("compiled.pth", {"model": {"_orig_mod." + key: value for key, value in state_dict().items()}})
    torch.save(state_dict(), FOLDER / "protocol4.pth", pickle_protocol=4)
    save("whole_model.pth", torch.nn.Linear(4, 2))
    save("command.pth", {"conv.weight": ramp(4), "x": Command()})
    save("command_legacy.pth", {"conv.weight": ramp(4), "x": Command()}, legacy=True)
    save("only_numbers.pth", {"a": 1, "b": [2, 3]})
    torch.jit.script(Parameters()).save(str(FOLDER / "script.pt"))
    onnx("plain.onnx")
    onnx("double.onnx", torch.float64)
    sharded()
    (FOLDER / "plain.safetensors").write_bytes(safetensors(state_dict()))
    (FOLDER / "dtypes.safetensors").write_bytes(safetensors(dtypes(), padding=3))
    (FOLDER / "bare_pickle.pkl").write_bytes(pickle.dumps({"a": 1}, protocol=2))


if __name__ == "__main__":
    main()
