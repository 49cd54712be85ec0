#!/usr/bin/env bash
# ONNX Runtime 1.30 and 1.31.1: a Resize of some axes (opset 18's attribute "axes"), mode linear, behind a Transpose can't be opened:
# "[ShapeInferenceError] Number of elements of input 'sizes' (0) does not match the number of axes (2)". The optimizer moves the
# Transpose behind the Resize and permutes "sizes" as if it had one for each dimension. Without optimization, or with all four sizes and
# no "axes", the same graph gives the right pixels; mode cubic isn't concerned, as it isn't computed with channels last.
#
# Fails if that has changed. Needs Node 20 and Debian's python3-onnx, which writes the graphs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --silent --ignore-scripts onnxruntime-node@1.30.0
/usr/bin/python3 - <<'CODE'
import numpy as np
import onnx
import onnx.numpy_helper
from onnx import TensorProto as T, helper, numpy_helper

for axes in [True, False]:
    sizes = numpy_helper.from_array(np.array([8, 8] if axes else [1, 3, 8, 8], dtype=np.int64))
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Constant", [], ["s"], value=sizes),
        helper.make_node("Resize", ["t", "", "", "s"], ["r"], mode="linear", antialias=1, **(dict(axes=[2, 3]) if axes else {})),
        helper.make_node("Cast", ["r"], ["y"], to=T.FLOAT),
    ]
    graph = helper.make_graph(nodes, "g", [helper.make_tensor_value_info("x", T.UINT8, [1, "h", "w", 3])],
                              [helper.make_tensor_value_info("y", T.FLOAT, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 8
    onnx.save(model, "axes.onnx" if axes else "all.onnx")
CODE
cat > run.cjs <<'CODE'
const { InferenceSession, Tensor } = require("onnxruntime-node");
const x = new Tensor("uint8", new Uint8Array(16 * 16 * 3).map((_, i) => i % 251), [1, 16, 16, 3]);
async function run(file, graphOptimizationLevel) {
  try {
    const session = await InferenceSession.create(file, { graphOptimizationLevel });
    return (await session.run({ x })).y.data.join(" ");
  } catch (error) {
    return error.message;
  }
}
(async () => {
  const right = await run("all.onnx", "all");
  const plain = await run("axes.onnx", "disabled");
  const optimized = await run("axes.onnx", "all");
  console.log(`all sizes: ${right.slice(0, 14)}…; axes, not optimized: ${plain.slice(0, 14)}…; axes, optimized: ${optimized}`);
  process.exitCode = plain === right && optimized.includes("does not match the number of axes") ? 0 : 1;
})();
CODE
node run.cjs 2>/dev/null
