"""Writes files as PIL reads but does not write them, for make_goldens.py: JPEGs with scans left out, bitmaps of all kinds,
EXIF and XMP in odd places."""
import io
import random
import struct
import subprocess
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


def rare_jpegs(image):
    """JPEGs as libjpeg-turbo's own programs write them: (name, file) each."""
    def run(program, file, *options):
        return subprocess.run([program, *options], input=file, stdout=subprocess.PIPE, check=True).stdout

    ppm = encoded(image, "PPM")
    for sampling in ("1x1", "2x1", "2x2"):
        yield f"restarts_{sampling}.jpg", run("cjpeg", ppm, "-quality", "80", "-sample", sampling, "-restart", "3B")
    yield "restarts_in_rows.jpg", run("cjpeg", ppm, "-quality", "70", "-optimize", "-restart", "1")
    yield "progressive_restarts.jpg", run("cjpeg", ppm, "-quality", "80", "-progressive", "-restart", "5B")
    # Codes longer than a table of common ones has.
    yield "long_codes.jpg", run("cjpeg", ppm, "-quality", "100", "-optimize", "-sample", "2x1")
    yield "grey_2x2.jpg", run("cjpeg", ppm, "-quality", "80", "-grayscale", "-sample", "2x2")
    for sampling in ("1x2", "4x1", "2x2,2x1,1x1"):
        yield f"sampled_{sampling.replace(',', '_')}.jpg", run("cjpeg", ppm, "-quality", "80", "-sample", sampling)
    yield "rgb.jpg", run("cjpeg", ppm, "-quality", "80", "-rgb")


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


def tiff(width, height, bits, photometric, blocks, order="<", tile=None, **fields):
    """A TIFF of strips of equal height, or of tiles of a size; fields are more tags as t_NUMBER=(type, values)."""
    formats = {3: "H", 4: "I"}
    tags = {256: (4, [width]), 257: (4, [height]), 258: (3, bits), 259: (3, [1]), 262: (3, [photometric]), 277: (3, [len(bits)])}
    places, lengths = (324, 325) if tile else (273, 279)
    tags[lengths] = (4, [len(block) for block in blocks])
    tags[places] = (4, [0] * len(blocks))
    if tile:
        tags.update({322: (3, [tile[0]]), 323: (3, [tile[1]])})
    else:
        tags[278] = (3, [-(-height // len(blocks))])
    tags.update({int(name[2:]): field for name, field in fields.items()})

    directory = 8
    values_at = directory + 2 + 12 * len(tags) + 4
    size = sum(len(values) * struct.calcsize(formats.get(type, "B")) for type, values in tags.values()
               if len(values) * struct.calcsize(formats.get(type, "B")) > 4)
    start, tags[places] = values_at + size, (4, [])
    for block in blocks:
        tags[places][1].append(start)
        start += len(block)

    entries, values_behind = b"", b""
    for tag, (type, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{formats.get(type, 'B')}", *values)
        entries += struct.pack(order + "HHI", tag, type, len(values))
        if len(packed) > 4:
            entries += struct.pack(order + "I", values_at + len(values_behind))
            values_behind += packed
        else:
            entries += packed.ljust(4, b"\0")
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "IH", directory, len(tags))
    return head + entries + struct.pack(order + "I", 0) + values_behind + b"".join(blocks)


def shared_tables(jpegs):
    """The tables that JPEGs have in common as a JPEG of its own, and the JPEGs without them."""
    rests = []
    for jpeg in jpegs:
        at, tables, rest = 2, b"", b""
        while jpeg[at + 1] != 0xDA:
            end = at + 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
            if jpeg[at + 1] in (0xDB, 0xC4):
                tables += jpeg[at:end]
            elif jpeg[at + 1] != 0xE0:
                rest += jpeg[at:end]
            at = end
        rests.append(b"\xFF\xD8" + rest + jpeg[at:])
    return b"\xFF\xD8" + tables + b"\xFF\xD9", rests


def targa(width, height, kind, depth, data, palette=b"", palette_depth=0, flags=0):
    count = len(palette) * 8 // palette_depth if palette else 0
    return struct.pack("<BBBHHBHHHHBB", 2, bool(palette), kind, 0, count, palette_depth, 0, 0, width, height, depth, flags) \
        + b"id" + palette + data


def packets(pixels, width):
    """TGA's run-length coding of pixels as bytes; no packet goes on in the next row."""
    out = b""
    for top in range(0, len(pixels), width):
        row = pixels[top:top + width]
        while row:
            same = next((i for i, pixel in enumerate(row) if pixel != row[0]), len(row))
            if same > 1:
                out += bytes([0x7F + same]) + row[0]
                row = row[same:]
            else:
                differing = next((i for i in range(1, len(row) - 1) if row[i] == row[i + 1]), len(row))
                out += bytes([differing - 1]) + b"".join(row[:differing])
                row = row[differing:]
    return out


def qoi(rgba, width, height, channels):
    """Written from the specification (https://qoiformat.org), since PIL 9.4 doesn't know the format."""
    out = bytearray(b"qoif" + struct.pack(">IIBB", width, height, channels, 0))
    seen, last, run = [(0, 0, 0, 0)] * 64, (0, 0, 0, 255), 0
    for pixel in rgba:
        if pixel == last and run < 62:
            run += 1
            continue
        if run:
            out.append(0xC0 | run - 1)
            run = 0
        place = (pixel[0] * 3 + pixel[1] * 5 + pixel[2] * 7 + pixel[3] * 11) % 64
        red, green, blue = ((new - old + 128) % 256 - 128 for new, old in zip(pixel[:3], last))
        if pixel == last:
            run = 1
        elif seen[place] == pixel:
            out.append(place)
        elif pixel[3] != last[3]:
            out += bytes([0xFF, *pixel])
        elif all(-2 <= step <= 1 for step in (red, green, blue)):
            out.append(0x40 | red + 2 << 4 | green + 2 << 2 | blue + 2)
        elif -32 <= green <= 31 and -8 <= red - green <= 7 and -8 <= blue - green <= 7:
            out += bytes([0x80 | green + 32, red - green + 8 << 4 | blue - green + 8])
        else:
            out += bytes([0xFE, *pixel[:3]])
        seen[place] = last = pixel
    if run:
        out.append(0xC0 | run - 1)
    return bytes(out) + bytes(7) + b"\1"
