// What resizers of Node make of photos: 256 on the shorter side, the middle 224 x 224, as raw RGB in OUT/RESIZER/NAME.
//
//   npm install --ignore-scripts sharp@0.35.5 @napi-rs/canvas@1.1.1 @huggingface/transformers@4.3.1
//   node resizers.mjs OUT PHOTO...
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';

// Found where npm installed them: in the current folder.
const require = createRequire(join(process.cwd(), 'package.json'));
const sharp = require('sharp');
const canvas = require('@napi-rs/canvas');
const { RawImage } = require('@huggingface/transformers');

const [out, ...photos] = process.argv.slice(2);

const resizers = {
  'sharp, kernel linear': (photo, size) => bySharp(sharp(photo), size, 'linear'),
  'sharp, kernel linear, ignoreIcc': (photo, size) => bySharp(sharp(photo, { ignoreIcc: true }), size, 'linear'),
  'sharp, its default (lanczos3), ignoreIcc': (photo, size) => bySharp(sharp(photo, { ignoreIcc: true }), size, 'lanczos3'),
  'canvas': async (photo, size) => byCanvas(photo, size, 'low'),
  'canvas, imageSmoothingQuality high': async (photo, size) => byCanvas(photo, size, 'high'),
  'transformers.js, bilinear': async (photo, size) => {
    const { data, info } = await sharp(photo, { ignoreIcc: true }).toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
    return (await new RawImage(new Uint8ClampedArray(data), info.width, info.height, 3).resize(...size, { resample: 'bilinear' })).data;
  },
};

async function bySharp(image, [width, height], kernel) {
  return image.resize(width, height, { fit: 'fill', kernel }).toColourspace('srgb').removeAlpha().raw().toBuffer();
}

async function byCanvas(photo, [width, height], quality) {
  const context = canvas.createCanvas(width, height).getContext('2d');
  context.imageSmoothingQuality = quality;
  context.drawImage(await canvas.loadImage(photo), 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data.filter((_, i) => i % 4 !== 3);
}

for (const photo of photos) {
  const { width, height } = await sharp(photo).metadata();
  const shorter = Math.min(width, height);
  const size = [Math.floor((256 * width) / shorter), Math.floor((256 * height) / shorter)];
  const [left, top] = size.map((length) => roundHalfToEven((length - 224) / 2));
  for (const [name, resize] of Object.entries(resizers)) {
    const pixels = await resize(photo, size);
    const crop = Buffer.alloc(224 * 224 * 3);
    for (let y = 0; y < 224; y++)
      crop.set(pixels.subarray(((top + y) * size[0] + left) * 3, ((top + y) * size[0] + left + 224) * 3), y * 224 * 3);
    mkdirSync(join(out, name), { recursive: true });
    writeFileSync(join(out, name, basename(photo)), crop);
  }
}

// Python's round, by which torchvision places the crop.
function roundHalfToEven(value) {
  return Math.abs(value % 1) === 0.5 ? 2 * Math.round(value / 2) : Math.round(value);
}
