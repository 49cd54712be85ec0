#!/usr/bin/env bash
# Pillow 9.4.0: ImageOps.exif_transpose turns a TIFF that has an Orientation twice.
# Guessed: it makes a TIFF upright as it does a JPEG or PNG with the same EXIF.
# Seen: loading a TIFF turns it already, and leaves the orientation in getexif(), so that exif_transpose turns it once more: 180
# degrees come out as stored, 90 as 180. It also depends on what was called before: size is that of the file until the pixels
# are loaded.
#
# Needs Debian 12's python3-pil (9.4.0-1.1).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.py <<'PY'
import io
import sys

import PIL
from PIL import Image, ImageOps

print("Pillow", PIL.__version__)
stored = Image.new("L", (3, 2))
stored.putdata([1, 2, 3, 4, 5, 6])
turns = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_270, 8: Image.Transpose.ROTATE_90}
is_same = True
for orientation, turn in turns.items():
    once, twice = stored.transpose(turn), stored.transpose(turn).transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for kind, expected in (("PNG", once), ("TIFF", twice)):
        file = io.BytesIO()
        stored.save(file, kind, exif=exif)
        seen = ImageOps.exif_transpose(Image.open(file))
        how = [word for word, image in (("once", once), ("twice", twice)) if seen.tobytes() == image.tobytes()]
        print(f"orientation {orientation}, {kind}: turned {' '.join(how)}, {seen.size[0]} x {seen.size[1]}")
        is_same &= seen.size == expected.size and seen.tobytes() == expected.tobytes()
sys.exit(not is_same)
PY
/usr/bin/python3 finding.py
