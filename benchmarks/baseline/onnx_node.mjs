// What onnxruntime-node or onnxruntime-web says of pictures with a graph that prepares them itself (OnnxPreprocessing.Whole, such as the
// model.whole.onnx of `TransferKit.Benchmarks deployed`): it gets the pixels as a decoder gives them and nothing else. Pictures are PPM
// files (P6, 8 bits; `mogrify -format ppm`), which need no decoder and which TransferKit reads too, so that
// `TransferKit.OnnxOnly MODEL FOLDER` prints the same lines, each a file and the number of its class:
//
//   npm install --ignore-scripts onnxruntime-node@1.30.0 onnxruntime-web@1.30.0
//   node benchmarks/baseline/onnx_node.mjs onnxruntime-node MODEL.onnx FOLDER > node.txt
//   dotnet run -c Release --project benchmarks/TransferKit.OnnxOnly -- MODEL.onnx FOLDER | diff node.txt -
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const [runtime, model, folder] = process.argv.slice(2);
// Packages are looked for where the command is given, not beside this file.
const { InferenceSession, Tensor } = createRequire(path.join(process.cwd(), "package.json"))(runtime);
const session = await InferenceSession.create(model);
for (const file of fs.readdirSync(folder).filter((name) => name.endsWith(".ppm")).sort()) {
  const { width, height, pixels } = readPpm(fs.readFileSync(path.join(folder, file)));
  const images = new Tensor("uint8", pixels, [1, height, width, 3]);
  const { probabilities } = await session.run({ images });
  const scores = Array.from(probabilities.data);
  const best = scores.indexOf(Math.max(...scores));
  console.log(`${file} ${best}`);
}

function readPpm(bytes) {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 64).toString("latin1"));
  const [start, width, height] = [header[0].length, Number(header[1]), Number(header[2])];
  return { width, height, pixels: new Uint8Array(bytes.subarray(start, start + 3 * width * height)) };
}
