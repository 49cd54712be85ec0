// What page.js asks: the model itself, in ONNX Runtime compiled to WebAssembly. The graph of model.onnx prepares its pictures
// (OnnxPreprocessing.Whole), so that decoding is all there is to do for them; pictures stay on the device.
import * as ort from "./ort.wasm.bundle.min.mjs";

// Computes beside the page, which answers to its user meanwhile.
ort.env.wasm.proxy = true;

let loading;

export async function describe() {
  const { classNames } = await load();
  return { classNames, largestFile: null };
}

export async function predict(bytes) {
  const { classNames, task, threshold } = await load();
  const probabilities = await run(await decode(bytes));
  const top = classNames.map((label, i) => ({ label, confidence: probabilities[i] })).sort((a, b) => b.confidence - a.confidence);
  const seen = top.filter((one) => one.confidence > threshold).map((one) => one.label);
  const isKnown = seen.length > 0;
  const label = !isKnown ? "unknown" : task === "MultiLabel" ? seen.join(", ") : seen[0];
  return { label, isKnown, top };
}

/** Occlusion (Zeiler and Fergus, 2014): how much the class's score falls when a square of the picture is covered. */
export async function explain(bytes, label, say) {
  const { classNames, mean } = await load();
  const picture = await decode(bytes, 320);
  const { width, height } = picture;
  const index = classNames.indexOf(label);
  const score = async (rgb) => Math.log((await run({ width, height, rgb }))[index] + 1e-9);

  const whole = await score(picture.rgb.slice());
  const [falls, counts] = [new Float32Array(width * height), new Float32Array(width * height)];
  const size = Math.max(Math.floor(Math.min(width, height) / 4), 1);
  const places = starts(height, size).flatMap((top) => starts(width, size).map((left) => ({ top, left })));
  for (const [done, { top, left }] of places.entries()) {
    say(`${Math.round(100 * done / places.length)} %`);
    const square = [];
    for (let y = top; y < top + size; y++)
      for (let x = left; x < left + size; x++)
        square.push(y * width + x);
    const covered = picture.rgb.slice();
    for (const at of square)
      covered.set(mean, 3 * at);
    const fall = whole - await score(covered);
    for (const at of square) {
      falls[at] += fall;
      counts[at]++;
    }
  }
  const heat = falls.map((sum, at) => Math.max(sum, 0) / counts[at]);
  const highest = heat.reduce((a, b) => Math.max(a, b), 1e-9);
  return overlay(picture, heat.map((value) => value / highest));
}

/** Fetches the model once. @throws {Error} It isn't there, or can't be run. */
function load() {
  loading ??= fetchModel().catch((error) => {
    loading = undefined;
    throw error;
  });
  return loading;
}

async function fetchModel() {
  let response;
  try {
    response = await fetch("model.onnx");
  } catch {
    throw new Error("The model can't be fetched.");
  }
  if (!response.ok)
    throw new Error(`The model can't be fetched: ${response.status} ${response.statusText}.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const about = metadata(bytes);
  if (about.included_preprocessing !== "Whole")
    throw new Error("model.onnx takes prepared pictures: export it with OnnxPreprocessing.Whole.");
  const { red, green, blue } = JSON.parse(about.preprocessing).mean;
  return {
    classNames: JSON.parse(about.classes),
    task: about.task,
    threshold: about.threshold === undefined ? -1 : Number(about.threshold),
    mean: [red, green, blue].map((share) => Math.round(255 * share)),
    session: await ort.InferenceSession.create(bytes, { executionProviders: ["wasm"] }),
  };
}

/** The probabilities of the classes, in their order. The pixels are handed over, and gone afterwards. */
async function run({ width, height, rgb }) {
  const { session } = await load();
  const { probabilities } = await session.run({ images: new ort.Tensor("uint8", rgb, [1, height, width, 3]) });
  return [...probabilities.data];
}

/**
 * A picture's pixels: upright, and in the colors of its file, which the model learned from, not in those of the screen.
 * @param {number} [side] Length of the shorter side; as it is in the file where none is given.
 * @throws {Error} The browser can't decode it.
 */
async function decode(bytes, side) {
  if (bytes.byteLength === 0)
    throw new Error("The file is empty.");
  const options = { imageOrientation: "from-image", colorSpaceConversion: "none", premultiplyAlpha: "none" };
  let bitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes]), options);
  } catch {
    throw new Error("The picture can't be read: it is damaged, or of a format that this browser doesn't know.");
  }
  if (side !== undefined) {
    const factor = side / Math.min(bitmap.width, bitmap.height);
    const [resizeWidth, resizeHeight] = [bitmap.width, bitmap.height].map((length) => Math.round(factor * length));
    bitmap = await createImageBitmap(bitmap, { ...options, resizeWidth, resizeHeight });
  }
  const { width, height } = bitmap;
  const rgba = pixels(bitmap);
  bitmap.close();
  const rgb = new Uint8Array(3 * width * height);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from];
    rgb[to + 1] = rgba[from + 1];
    rgb[to + 2] = rgba[from + 2];
  }
  return { width, height, rgb };
}

/** Red, green, blue and opacity of each pixel, by way of a texture: a canvas loses the colors of transparent pixels. */
function pixels(bitmap) {
  const { width, height } = bitmap;
  const gl = new OffscreenCanvas(1, 1).getContext("webgl2");
  if (gl === null || Math.max(width, height) > gl.getParameter(gl.MAX_TEXTURE_SIZE)) {
    const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
    canvas.drawImage(bitmap, 0, 0);
    return canvas.getImageData(0, 0, width, height).data;
  }
  gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, bitmap);
  gl.bindFramebuffer(gl.FRAMEBUFFER, gl.createFramebuffer());
  gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, gl.getParameter(gl.TEXTURE_BINDING_2D), 0);
  const rgba = new Uint8Array(4 * width * height);
  gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  return rgba;
}

/** Where a square begins along one side; the last place is at the edge, so that nothing is left out. */
function starts(side, size) {
  const found = [];
  for (let start = 0; start < side - size; start += Math.max(Math.floor(size / 2), 1))
    found.push(start);
  return [...found, side - size];
}

/** The picture in pale colors with the heat over it, yellow to red, as PictureExplanation draws it. */
function overlay({ width, height, rgb }, heat) {
  const image = new ImageData(width, height);
  for (let at = 0; at < heat.length; at++) {
    const color = rgb.subarray(3 * at, 3 * at + 3);
    const light = 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2];
    const pale = [...color].map((value) => light + (value - light) / 3);
    const warm = [255, 230 * (1 - heat[at]), 20];
    image.data.set([...pale.map((value, i) => value + (warm[i] - value) * 0.65 * heat[at]), 255], 4 * at);
  }
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas.convertToBlob();
}

/** The pairs of texts beside the graph, which onnxruntime-web doesn't hand out: `metadata_props` of a `ModelProto`. */
function metadata(bytes) {
  const text = new TextDecoder();
  const pairs = [...fields(bytes)].filter(({ field }) => field === 14).map(({ content }) => {
    const entry = [...fields(content)];
    return [1, 2].map((part) => text.decode(entry.find(({ field }) => field === part)?.content));
  });
  return Object.fromEntries(pairs);
}

/** The fields of a protobuf message that have a length: texts and messages. */
function* fields(bytes) {
  let at = 0;
  const number = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte % 128) * factor;
      if (!(byte >= 128))
        return value;
    }
  };
  while (at < bytes.length) {
    const [tag, value] = [number(), number()];
    // 0 is a number, and 2 a length; a ModelProto has no others.
    if (tag % 8 === 0)
      continue;
    if (tag % 8 !== 2)
      throw new Error("model.onnx is no ONNX model, or damaged.");
    yield { field: Math.floor(tag / 8), content: bytes.subarray(at, at += value) };
  }
}
