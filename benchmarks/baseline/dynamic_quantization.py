#!/usr/bin/env python3
"""Rewrites an exported ONNX graph such that its products with matrices of weights compute in 8 bits, in ranges that are found anew
for each input (dynamic quantization), to be compared with the graph in float32 and with the calibrated one (docs/deployment.md).
Needs Debian's python3-onnx.

    dynamic_quantization.py MODEL.onnx OUT.onnx
"""
import sys

import numpy
import onnx
from onnx import helper, numpy_helper


def main(source, target):
    model = onnx.load(source)
    graph = model.graph
    weights = {one.name: one for one in graph.initializer}
    nodes, added, inputs = [], {}, {}

    def constant(name, values):
        if name not in added:
            added[name] = numpy_helper.from_array(values, name)
        return name

    def emit(kind, arguments, outputs, **attributes):
        nodes.append(helper.make_node(kind, arguments, outputs, **attributes))
        return outputs[0]

    for node in graph.node:
        matrix = weights.get(node.input[1]) if node.op_type in ("MatMul", "Gemm") else None
        if matrix is None or len(matrix.dims) != 2:
            nodes.append(node)
            continue
        values, out = numpy_helper.to_array(matrix), node.output[0]
        if any(one.name == "transB" and one.i for one in node.attribute):
            values = values.T
        scales = numpy.maximum(abs(values).max(axis=0), 1e-12).astype(numpy.float32) / 127
        steps = numpy.rint(values / scales).astype(numpy.int8)
        data = node.input[0]
        if data not in inputs:
            inputs[data] = [f"{data}_{part}" for part in ("steps", "scale", "zero")]
            emit("DynamicQuantizeLinear", [data], inputs[data])
        quantized, scale, zero = inputs[data]
        product = emit("MatMulInteger", [quantized, constant(f"{matrix.name}_steps", steps), zero], [f"{out}_product"])
        factor = emit("Mul", [scale, constant(f"{matrix.name}_scales", scales)], [f"{out}_factor"])
        wide = emit("Cast", [product], [f"{out}_wide"], to=onnx.TensorProto.FLOAT)
        bias = node.input[2] if len(node.input) > 2 else None
        emit("Mul", [wide, factor], [f"{out}_scaled" if bias else out])
        if bias:
            emit("Add", [f"{out}_scaled", bias], [out])

    del graph.node[:]
    graph.node.extend(nodes)
    graph.initializer.extend(added.values())
    used = {name for node in graph.node for name in node.input}
    kept = [one for one in graph.initializer if one.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    onnx.save(model, target)
    print(f"{len(inputs)} inputs are quantized dynamically, for {sum(node.op_type == 'MatMulInteger' for node in nodes)} products")


if __name__ == "__main__":
    main(*sys.argv[1:])
