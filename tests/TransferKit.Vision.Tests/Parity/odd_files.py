"""Writes files as PIL reads but does not write them, for make_goldens.py: JPEGs with scans left out, bitmaps of all kinds,
EXIF and XMP in odd places."""
import io
import random
import struct
import zlib

EXIF_TURNED = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
XMP_TURNED = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>8</tiff:Orientation></x:xmpmeta>'


def encoded(image, format, **options):
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def without_scans(jpeg, keep):
    """A JPEG with those scans that keep(number, of) wants, counted from 0."""
    segments, at = [], 2
    while jpeg[at + 1] != 0xD9:
        end = at + 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
        if jpeg[at + 1] == 0xDA:
            while jpeg[end] != 0xFF or jpeg[end + 1] == 0:
                end += 1
        segments.append(jpeg[at:end])
        at = end
    scans = [segment for segment in segments if segment[1] == 0xDA]
    kept = [segment for segment in segments if segment[1] != 0xDA or keep(scans.index(segment), len(scans))]
    return b"\xFF\xD8" + b"".join(kept) + b"\xFF\xD9"


def with_segment(jpeg, marker, content):
    return jpeg[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content + jpeg[2:]


def bitmap(width, height, bits, rows, palette=b"", colors=0, compression=0, masks=()):
    """A Windows bitmap; rows are numbers, bottom row first, or bytes that are coded already."""
    data = rows if isinstance(rows, bytes) else b"".join(bitmap_row(row, bits) for row in rows)
    # Alpha's mask has its place in longer headers alone.
    length = 108 if len(masks) == 4 else 40
    header = struct.pack("<IiiHHIIiiII", length, width, height, 1, bits, compression, len(data), 2835, 2835, colors, 0)
    header += struct.pack(f"<{len(masks)}I", *masks)
    header += bytes(max(0, length - len(header))) + palette
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(data), 0, 0, 14 + len(header)) + header + data


def os2_bitmap(width, height, bits, rows, palette):
    data = b"".join(bitmap_row(row, bits) for row in rows)
    header = struct.pack("<IHHHH", 12, width, height, 1, bits) + palette
    return b"BM" + struct.pack("<IHHI", 14 + len(header) + len(data), 0, 0, 14 + len(header)) + header + data


def bitmap_row(row, bits):
    if bits >= 8:
        packed = b"".join(value.to_bytes(bits // 8, "little") for value in row)
    else:
        number = "".join(format(value, f"0{bits}b") for value in row)
        number += "0" * (-len(number) % 8)
        packed = int(number, 2).to_bytes(len(number) // 8, "big")
    return packed + bytes(-len(packed) % 4)


def palette(count, bytes_each=4):
    return b"".join(bytes([i * 7 % 256, (i * 31 + 5) % 256, 255 - i * 3 % 256, 0][:bytes_each]) for i in range(count))


def runs(width, height, colors, seed):
    """Run-length coding for 8 bits a pixel, or 4 where there are 16 colors, of lines that mostly end early."""
    draw, is_half, out = random.Random(seed), colors == 16, bytearray()
    for _ in range(height):
        left = draw.randint(1, width)
        while left > 0:
            count = min(draw.randint(1, 12), left)
            left -= count
            # PIL reads an odd number of half bytes wrongly.
            if count >= 3 and draw.random() < 0.5 and not (is_half and count % 4):
                out += bytes([0, count]) + bytes(draw.randrange(256 if is_half else colors)
                                                 for _ in range(count // 2 if is_half else count))
                out += bytes(len(out) % 2)
            else:
                out += bytes([count, draw.randrange(256 if is_half else colors)])
        out += b"\0\0"
    return bytes(out + b"\0\1")


def png_chunk(type, content):
    return struct.pack(">I", len(content)) + type + content + struct.pack(">I", zlib.crc32(type + content))


def with_chunk(png, chunk, behind_pixels=False):
    at = len(png) - 12 if behind_pixels else png.index(b"IDAT") - 4
    return png[:at] + chunk + png[at:]


def raw_profile(exif):
    """EXIF as text, as ImageMagick wrote it before PNG had a chunk for it."""
    digits = (b"Exif\0\0" + exif).hex().encode()
    lines = [digits[at:at + 72] for at in range(0, len(digits), 72)]
    return b"\nexif\n%8d\n" % (len(digits) // 2) + b"\n".join(lines) + b"\n"


def with_exif(webp, exif):
    """A WebP that has EXIF already, with another."""
    at = webp.index(b"EXIF")
    length = struct.unpack("<I", webp[at + 4:at + 8])[0]
    webp = webp[:at] + b"EXIF" + struct.pack("<I", len(exif)) + exif + bytes(len(exif) % 2) + webp[at + 8 + length + length % 2:]
    return webp[:4] + struct.pack("<I", len(webp) - 8) + webp[8:]
