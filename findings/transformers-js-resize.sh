#!/usr/bin/env bash
# transformers.js 4.3.1 in Node: RawImage.resize with "bilinear" or "bicubic", which image processors use, drops pixels. The
# source says that it "matches how the python Pillow library does it".
# Guessed: antialiased, as Pillow's; or at least two neighbours blended, with the middles of the pixels in place.
# Seen: output pixel i is made where input pixel i * scale lies, corner on corner: halving takes every second pixel as it is,
# and a quarter every fourth. Black and white columns come out black, where Pillow and sharp's own resize give their mean; and a
# picture moves to the right and down, by half an input pixel when it is halved. Only "lanczos" is antialiased.
#
# Needs Node 20 or newer with npm. Takes a minute (200 MB).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --ignore-scripts --no-audit --no-fund --loglevel=error @huggingface/transformers@4.3.1 >/dev/null
cat > finding.mjs <<'JS'
import { readFileSync } from 'node:fs';
import { RawImage } from '@huggingface/transformers';
import sharp from 'sharp';

const width = 64;
const image = (pixel) => new RawImage(Uint8ClampedArray.from({ length: width * width * 3 }, (_, i) => pixel(Math.floor(i / 3) % width)), width, width, 3);
const row = ({ data, width }) => [...data.subarray(0, width * 3)].filter((_, i) => i % 3 === 0);
const distinct = (values) => [...new Set(values)].join(' ');

const { version } = JSON.parse(readFileSync('node_modules/@huggingface/transformers/package.json', 'utf8'));
console.log(`transformers.js ${version}`);
const columns = image((x) => (x % 2) * 255);
const ramp = image((x) => x * 4);
let isSame = true;
for (const size of [32, 16])
  for (const resample of ['bilinear', 'bicubic']) {
    const black = row(await columns.resize(size, size, { resample }));
    const steps = row(await ramp.resize(size, size, { resample }));
    console.log(`64 to ${size}, ${resample}: columns ${distinct(black)}; a ramp begins ${steps.slice(0, 4).join(' ')}`);
    isSame &&= distinct(black) === '0' && steps.every((value, i) => value === (i * width / size) * 4);
  }
const raw = { raw: { width, height: width, channels: 3 } };
const data = await sharp(Buffer.from(columns.data), raw).resize(32, 32, { kernel: 'linear' }).raw().toBuffer();
const middle = row({ data, width: 32 }).slice(1, -1);
console.log(`64 to 32, sharp's resize: columns ${distinct(middle)}, but for the edges`);
process.exit(isSame && distinct(middle) === '128' ? 0 : 1);
JS
node finding.mjs
