"""Draws the pictures in fixtures/ and writes goldens.json and randomness.json: what PIL and torchvision make of them, and what
torchvision's random transforms draw.

    python3 make_goldens.py        (Pillow 9.4, torch 1.13, torchvision 0.14, libjpeg-turbo's cjpeg and jpegtran 2.1)

Pixels are recorded as the SHA-256 of their bytes, row by row, red, green and blue; normalised pictures as
the SHA-256 of their float32 numbers, little endian, [3, H, W].
"""
import base64
import hashlib
import json
import pathlib
import random

import numpy
import torch
from PIL import Image, ImageOps
from torchvision import transforms
from torchvision.transforms import autoaugment, functional

import odd_files as odd

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE / "fixtures"
FILTERS = {"Bilinear": functional.InterpolationMode.BILINEAR, "Bicubic": functional.InterpolationMode.BICUBIC,
           "Nearest": functional.InterpolationMode.NEAREST, "Lanczos": functional.InterpolationMode.LANCZOS}
# libjpeg-turbo 2.1 and 3 smooth some of its rows in another way: parts are compared with the whole alone.
UNDECIDED = {"progressive_unrefined_2.jpg"}
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def draw(width, height, channels=3):
    """Waves, an edge and a little noise: [height, width, channels], 0 to 255."""
    y, x, c = numpy.mgrid[0:height, 0:width, 0:channels].astype(numpy.float64)
    waves = 120 + 70 * numpy.sin(x / (3 + c) + c) + 50 * numpy.cos(y / (4 - c / 2) + x / 9)
    edge = numpy.where(x * height > y * width, 40, -30)
    noise = (x * 7 + y * 13 + c * 29 + x * y) % 17
    return numpy.clip(waves + edge + noise, 0, 255).astype(numpy.uint8)


def picture(width, height, mode="RGB"):
    channels = len(Image.new(mode, (1, 1)).getbands())
    pixels = draw(width, height, channels)
    return Image.fromarray(pixels[..., 0] if channels == 1 else pixels, mode)


def save_fixtures():
    def save(image, name, **options):
        image.save(FIXTURES / name, **options)

    for width, height in [(1, 1), (1, 7), (7, 1), (2, 3), (13, 17), (31, 29), (61, 97), (97, 61), (150, 40)]:
        save(picture(width, height), f"rgb_{width}x{height}.png")
    small = (37, 23)
    save(picture(*small, "L"), "grey.png")
    save(picture(*small, "LA"), "grey_alpha.png")
    save(picture(*small, "RGBA"), "rgba.png")
    save(picture(*small).quantize(16), "palette.png")
    save(picture(*small).quantize(16), "palette_transparent.png", transparency=3)
    save(picture(*small, "L").point(lambda v: 255 * (v > 127)).convert("1"), "bilevel.png")

    # libjpeg's chroma subsampling: 0 is 4:4:4, 1 is 4:2:2, 2 is 4:2:0.
    for subsampling in (0, 1, 2):
        save(picture(97, 61), f"baseline_{subsampling}.jpg", quality=90, subsampling=subsampling)
        save(picture(97, 61), f"progressive_{subsampling}.jpg", quality=90, subsampling=subsampling, progressive=True)
    save(picture(1, 1), "one_pixel.jpg")
    save(picture(203, 151), "large.jpg", quality=60)
    save(picture(*small, "L"), "grey.jpg")
    save(picture(*small, "CMYK"), "cmyk.jpg", quality=95)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        save(picture(53, 38), f"orientation_{orientation}.jpg", exif=exif, quality=85)

    exif = Image.Exif()
    exif[0x0112] = 8
    save(picture(*small), "orientation.png", exif=exif)
    save(picture(*small), "orientation.webp", exif=exif, lossless=True)

    save(picture(*small), "lossless.webp", lossless=True)
    save(picture(*small), "lossy.webp", quality=80)
    save(picture(*small, "RGBA"), "alpha.webp", lossless=True, exact=True)
    save(picture(*small), "rgb.bmp")
    save(picture(*small).quantize(16), "palette.bmp")
    save(picture(*small, "L"), "grey.bmp")
    save(picture(*small).quantize(32), "palette.gif")
    save(picture(*small).quantize(8), "transparent.gif", transparency=3)
    save(picture(*small).quantize(64), "rows_in_order.gif", interlace=0)
    offset = bytearray((FIXTURES / "transparent.gif").read_bytes())
    offset[6:10] = bytes([60, 0, 50, 0])  # a larger screen, of which the frame covers a part
    (FIXTURES / "offset.gif").write_bytes(offset)
    save_odd_fixtures(small)
    save_tiffs(small)
    save_rare_formats(small)
    frames = [picture(*small).rotate(turn) for turn in (0, 180)]
    save(frames[0].quantize(16), "animated.gif", save_all=True, append_images=[frames[1].quantize(16)])


def save_odd_fixtures(size):
    def save(name, content):
        (FIXTURES / name).write_bytes(content)

    for subsampling in (0, 1, 2):
        jpeg = odd.encoded(picture(97, 61), "JPEG", quality=60, subsampling=subsampling, progressive=True)
        save(f"progressive_unrefined_{subsampling}.jpg", odd.without_scans(jpeg, lambda number, of: number < of - 3))
    jpeg = odd.encoded(picture(97, 61), "JPEG", quality=60, subsampling=0, progressive=True)
    save("progressive_dc_only.jpg", odd.without_scans(jpeg, lambda number, of: number == 0))
    jpeg = odd.encoded(picture(97, 61, "L"), "JPEG", quality=60, progressive=True)
    save("progressive_missing.jpg", odd.without_scans(jpeg, lambda number, of: number != 1))
    for name, jpeg in odd.rare_jpegs(picture(97, 61)):
        save(name, jpeg)
    # A long in place of a short.
    turned = b"II*\0" + odd.struct.pack("<IHHHIII", 8, 1, 0x0112, 4, 1, 6, 0)
    save("orientation_long.jpg", odd.with_segment(odd.encoded(picture(53, 38), "JPEG"), 0xE1, b"Exif\0\0" + turned))

    width, height = size
    red_to_blue = [[y << 11 | x << 5 | 31 - y for x in range(64)] for y in range(32)]
    save("rgb555.bmp", odd.bitmap(64, 32, 16, red_to_blue))
    save("rgb565.bmp", odd.bitmap(64, 32, 16, red_to_blue, compression=3, masks=(0xF800, 0x7E0, 0x1F)))
    rgba = [[int.from_bytes(pixel, "little") for pixel in row.tolist()] for row in draw(width, height, 4)]
    save("rgb32.bmp", odd.bitmap(width, height, 32, rgba))
    save("rgba.bmp", odd.bitmap(width, height, 32, rgba, compression=3, masks=(0xFF, 0xFF00, 0xFF0000, 0xFF000000)))
    rgb = [[value & 0xFFFFFF for value in row] for row in rgba]
    save("top_down.bmp", odd.bitmap(width, -height, 24, rgb))
    for bits in (1, 4, 8):
        colors = 1 << bits
        rows = [[(x * x + 3 * y + x * y) % colors for x in range(width)] for y in range(height)]
        save(f"palette_{bits}.bmp", odd.bitmap(width, height, bits, rows, odd.palette(colors)))
        save(f"os2_{bits}.bmp", odd.os2_bitmap(width, height, bits, rows, odd.palette(colors, 3)))
    save("palette_short.bmp", odd.bitmap(width, height, 8, rows, odd.palette(200), colors=200))
    save("runs_8.bmp", odd.bitmap(width, height, 8, odd.runs(width, height, 256, 1), odd.palette(256), compression=1))
    save("runs_4.bmp", odd.bitmap(width, height, 4, odd.runs(width, height, 16, 2), odd.palette(16), compression=2))

    gif = odd.encoded(picture(*size).quantize(256), "GIF")
    save("short_palette.gif", gif[:10] + bytes([gif[10] & 0xF8 | 2]) + gif[11:13 + 3 * 8] + gif[13 + 3 * 256:])
    save("between_blocks.gif", gif[:13 + 3 * 256] + b"\0\x11\x99" + gif[13 + 3 * 256:])

    png, text = odd.encoded(picture(*size), "PNG"), odd.raw_profile(odd.EXIF_TURNED)
    save("exif_behind.png", odd.with_chunk(png, odd.png_chunk(b"eXIf", odd.EXIF_TURNED), behind_pixels=True))
    save("exif_text.png", odd.with_chunk(png, odd.png_chunk(b"tEXt", b"Raw profile type exif\0" + text)))
    packed = odd.zlib.compress(text)
    save("exif_packed.png", odd.with_chunk(png, odd.png_chunk(b"zTXt", b"Raw profile type exif\0\0" + packed)))
    save("xmp.png", odd.with_chunk(png, odd.png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + odd.XMP_TURNED)))
    webp = odd.encoded(picture(*size), "WEBP", lossless=True, exif=odd.EXIF_TURNED)
    save("exif_named.webp", odd.with_exif(webp, b"Exif\0\0" + odd.EXIF_TURNED))


def save_tiffs(size):
    def save(name, content):
        (FIXTURES / name).write_bytes(content)

    width, height = size
    for name, image, options in [
            ("lzw", picture(*size), {"compression": "tiff_lzw", "tiffinfo": {317: 2}}),
            ("deflate", picture(*size, "RGBA"), {"compression": "tiff_adobe_deflate"}),
            ("packbits", picture(*size).quantize(64), {"compression": "packbits"}),
            ("cmyk", picture(*size, "CMYK"), {}),
            ("group4", picture(*size, "L").point(lambda value: 255 * (value > 127)).convert("1"), {"compression": "group4"}),
            ("grey_alpha", picture(*size, "LA"), {}),
            ("jpeg", picture(*size, "L"), {"compression": "jpeg"}),
            ("float", picture(*size, "L").convert("F").point(lambda value: value * 1.5 - 40), {}),
            ("pages", picture(*size), {"save_all": True, "append_images": [picture(*size).rotate(180)]})]:
        save(f"{name}.tif", odd.encoded(image, "TIFF", **options))

    rgb = draw(width, height)
    save("turned.tif", odd.tiff(width, height, [8] * 3, 2, [rgb.tobytes()], t_274=(3, [6])))
    save("planes.tif", odd.tiff(width, height, [8] * 3, 2, [rgb[..., i].tobytes() for i in range(3)], t_284=(3, [2]),
                                t_278=(3, [height])))
    wide = draw(width, height, 4).astype(numpy.uint16) * 257 + numpy.arange(width * height * 4).reshape(height, width, 4) % 256
    save("rgb16.tif", odd.tiff(width, height, [16] * 3, 2, [wide[..., :3].astype("<u2").tobytes()]))
    save("rgba16_big_endian.tif", odd.tiff(width, height, [16] * 4, 2, [wide.astype(">u2").tobytes()], ">", t_338=(3, [2])))
    save("premultiplied.tif", odd.tiff(width, height, [8] * 4, 2, [draw(width, height, 4).tobytes()], t_338=(3, [1])))
    tiles = [numpy.pad(rgb, ((0, -height % 16), (0, -width % 16), (0, 0)))[y:y + 16, x:x + 16].tobytes()
             for y in range(0, height, 16) for x in range(0, width, 16)]
    save("tiles.tif", odd.tiff(width, height, [8] * 3, 2, tiles, tile=(16, 16)))
    halves = draw(width, height, 1)[..., 0] >> 4
    rows = b"".join(odd.bitmap_row(row, 4)[:(width + 1) // 2] for row in halves.tolist())
    save("white_is_zero_4.tif", odd.tiff(width, height, [4], 0, [rows]))
    colors = [i * 4000 % 65536 for i in range(48)]
    save("palette_4.tif", odd.tiff(width, height, [4], 3, [rows], t_320=(3, colors)))
    # Chroma at half the width and height; the last strip holds fewer rows.
    tables, strips = odd.shared_tables(
        [odd.encoded(picture(80, 40).crop((0, top, 80, min(top + 16, 40))), "JPEG", subsampling=2) for top in (0, 16, 32)])
    save("chroma_in_jpegs.tif", odd.tiff(80, 40, [8] * 3, 6, strips, t_259=(3, [7]), t_278=(3, [16]), t_530=(3, [2, 2]),
                                         t_347=(7, list(tables))))


def save_rare_formats(size):
    def save(name, content):
        (FIXTURES / name).write_bytes(content)

    width, height = size
    rgb, grey = draw(width, height), draw(width, height, 1)[..., 0]
    bits = grey > 127
    save("bytes.ppm", odd.encoded(picture(*size), "PPM"))
    save("bytes.pgm", b"P5\n# noted\n37 23\n100\n" + (grey // 3).tobytes())
    save("bytes.pbm", b"P4 37 23\n" + numpy.packbits(~bits, axis=1).tobytes())
    save("wide.ppm", b"P6\n37 23 4095\n" + (rgb.astype(">u2") * 16 + 7).astype(">u2").tobytes())
    save("text.ppm", b"P3\n37 23\n15\n" + b" ".join(b"%d" % (value >> 4) for value in rgb.flatten()))
    save("text.pbm", b"P1\n37 23\n# noted\n" + b"\n".join(b"".join(b"%d" % bit for bit in row) for row in bits))

    flat = [bytes(pixel) for pixel in (rgb // 64 * 64).reshape(-1, 3)]
    save("rgb.tga", odd.targa(width, height, 2, 24, rgb.tobytes()))
    save("top_down_runs.tga", odd.targa(width, height, 10, 24, odd.packets(flat, width), flags=0x20))
    save("mirrored_rgba.tga", odd.targa(width, height, 2, 32, draw(width, height, 4).tobytes(), flags=0x18))
    save("rgb555.tga", odd.targa(64, 32, 2, 16, b"".join(odd.struct.pack("<H", y << 10 | x % 32 << 5 | 31 - y)
                                                         for y in range(32) for x in range(64))))
    save("palette.tga", odd.targa(width, height, 1, 8, grey.tobytes(), odd.palette(256, 3), 24))
    save("grey_runs.tga", odd.targa(width, height, 11, 8, odd.packets([bytes([value]) for value in grey.flatten()], width)))

    for channels in (3, 4):
        pixels = [tuple(pixel) for pixel in QOI_PICTURES[channels].convert("RGBA").getdata()]
        save(f"pixels_{channels}.qoi", odd.qoi(pixels, width, height, channels))


def qoi_picture(channels):
    """With runs, small steps and colours that come again."""
    pixels = draw(37, 23, channels)
    pixels[5:9] = pixels[4]
    pixels[10:12, :] = pixels[10, 3]
    pixels[12:18] = pixels[12:18] // 64 * 64
    pixels[18:20] = numpy.arange(37)[None, :, None] + numpy.arange(channels)
    return Image.fromarray(pixels, "RGB" if channels == 3 else "RGBA")


QOI_PICTURES = {channels: qoi_picture(channels) for channels in (3, 4)}


def open_rgb(name):
    if name.endswith(".qoi"):
        return QOI_PICTURES[int(name[-5])].convert("RGB")
    image = Image.open(FIXTURES / name)
    # PIL turns TIFFs as it loads them; version 9.4 would turn them again here.
    return (image if name.endswith(".tif") else ImageOps.exif_transpose(image)).convert("RGB")


def sha(data):
    return hashlib.sha256(data).hexdigest()


def described(image):
    return {"width": image.width, "height": image.height, "sha256": sha(image.tobytes())}


def normalised(image):
    numbers = functional.normalize(functional.to_tensor(image), MEAN, STD).numpy()
    return sha(numbers.astype("<f4").tobytes())


def evaluations():
    for name in sorted(p.name for p in FIXTURES.glob("rgb_*.png")) + ["large.jpg", "orientation_6.jpg"]:
        for resize, crop in [(32, 28), (29, 29), (64, 56), (16, 21)]:
            for filter_name, interpolation in FILTERS.items():
                steps = transforms.Compose([transforms.Resize(resize, interpolation), transforms.CenterCrop(crop)])
                image = steps(open_rgb(name))
                yield {"file": name, "resize": resize, "crop": crop, "filter": filter_name,
                       "sha256": sha(image.tobytes()), "normalised": normalised(image)}


def greys():
    """Read as one channel."""
    for name in ["rgb_61x97.png", "large.jpg", "palette.gif", "grey.png"]:
        for resize, crop in [(32, 28), (64, 56)]:
            steps = transforms.Compose([transforms.Grayscale(), transforms.Resize(resize), transforms.CenterCrop(crop)])
            yield {"file": name, "resize": resize, "crop": crop, "sha256": sha(steps(open_rgb(name)).tobytes())}


def crops():
    draw_from = random.Random(1)
    for name in ["rgb_1x1.png", "rgb_7x1.png", "rgb_13x17.png", "rgb_97x61.png", "large.jpg", "progressive_2.jpg",
                 "orientation_5.jpg", "orientation_8.jpg"]:
        image = open_rgb(name)
        for number in range(6):
            width, height = draw_from.randint(1, image.width), draw_from.randint(1, image.height)
            left, top = draw_from.randint(0, image.width - width), draw_from.randint(0, image.height - height)
            size = draw_from.choice([1, 17, 32, 48])
            mirror = number % 2 == 1
            filter_name, interpolation = list(FILTERS.items())[number % len(FILTERS)]
            result = functional.resized_crop(image, top, left, height, width, (size, size), interpolation)
            if mirror:
                result = functional.hflip(result)
            yield {"file": name, "box": [left, top, width, height], "size": size, "filter": filter_name,
                   "mirror": mirror, "sha256": sha(result.tobytes())}


def steps():
    """The deterministic transforms: name, what torchvision does, and whether equality to the bit is promised."""
    f, bilinear = functional, functional.InterpolationMode.BILINEAR
    yield "invert", f.invert, True
    yield "solarize 100", lambda i: f.solarize(i, 100), True
    yield "posterize 3", lambda i: f.posterize(i, 3), True
    yield "autocontrast", f.autocontrast, True
    yield "equalize", f.equalize, True
    yield "grayscale", lambda i: f.rgb_to_grayscale(i, 3), True
    yield "vertical flip", f.vflip, True
    yield "horizontal flip", f.hflip, True
    yield "resize to", lambda i: f.resize(i, [33, 20], functional.InterpolationMode.LANCZOS), True
    yield "pad", lambda i: f.pad(i, [1, 2, 3, 4]), True
    for factor in (0, 0.3, 1, 1.7, 3):
        yield f"brightness {factor}", lambda i: f.adjust_brightness(i, factor), True
        yield f"contrast {factor}", lambda i: f.adjust_contrast(i, factor), True
        yield f"saturation {factor}", lambda i: f.adjust_saturation(i, factor), True
        yield f"sharpness {factor}", lambda i: f.adjust_sharpness(i, factor), False
    for turn in (-0.5, -0.1, 0, 0.23):
        yield f"hue {turn}", lambda i: f.adjust_hue(i, turn), False
    yield "blur 5 1.3", lambda i: f.gaussian_blur(i, 5, 1.3), False
    yield "blur 23 7", lambda i: f.gaussian_blur(i, 23, 7), False
    for degrees in (0, 180, 90, -37, 400):
        yield f"rotate {degrees}", lambda i: f.rotate(i, degrees), True
    yield "rotate bilinear 21", lambda i: f.rotate(i, 21, bilinear), False
    yield "affine", lambda i: f.affine(i, 17, [3, -2], 1.2, [5, -8]), True
    yield "affine bilinear", lambda i: f.affine(i, -40, [0, 1], 0.7, [0, 12], bilinear), False
    corners = lambda i: [[0, 0], [i.width - 1, 0], [i.width - 1, i.height - 1], [0, i.height - 1]]
    # Chosen so that no pixel lies on an edge: torchvision solves for the coefficients in float32, which decides such.
    moved = [[4, 3], [26, 1], [27, 26], [2, 23]]
    yield "perspective", lambda i: f.perspective(i, corners(i), moved), False


def operations():
    for name, step, exact in steps():
        for file in ("rgb_31x29.png", "baseline_2.jpg") if exact else ("rgb_31x29.png",):
            image = step(open_rgb(file))
            golden = {"step": name, "file": file, "width": image.width, "height": image.height}
            if exact:
                golden["sha256"] = sha(image.tobytes())
            else:
                golden["pixels"] = base64.b64encode(image.tobytes()).decode()
            yield golden


def ten_crops():
    for name, resize, crop in [("rgb_97x61.png", 40, 32), ("rgb_61x97.png", 33, 32), ("large.jpg", 64, 17)]:
        images = transforms.TenCrop(crop)(transforms.Resize(resize)(open_rgb(name)))
        yield {"file": name, "resize": resize, "crop": crop, "sha256": [sha(image.tobytes()) for image in images]}


def policy_steps():
    """The steps of the automatic policies; sharpness alone is not promised to the bit."""
    magnitudes = {"ShearX": 0.3, "ShearY": 0.2, "TranslateX": 5.7, "TranslateY": 3, "Rotate": 25, "Posterize": 5,
                  "Solarize": 170}
    for name in autoaugment.AutoAugment()._augmentation_space(10, (29, 31)):
        signed = autoaugment.AutoAugment()._augmentation_space(10, (29, 31))[name][1]
        for magnitude in [magnitudes.get(name, 0.6)] + ([-magnitudes.get(name, 0.6)] if signed else []):
            image = autoaugment._apply_op(
                open_rgb("rgb_31x29.png"), name, magnitude, functional.InterpolationMode.NEAREST, None)
            golden = {"step": name, "magnitude": magnitude}
            if name == "Sharpness":
                golden["pixels"] = base64.b64encode(image.tobytes()).decode()
            else:
                golden["sha256"] = sha(image.tobytes())
            yield golden


def spaces():
    """The magnitudes of all steps at all levels, for pictures of 331 x 224 pixels."""
    def listed(space):
        return {name: {"signed": signed, "magnitudes": magnitudes.flatten().tolist()}
                for name, (magnitudes, signed) in space.items()}

    size = (224, 331)
    return {
        "AutoAugment": listed(autoaugment.AutoAugment()._augmentation_space(10, size)),
        "RandAugment": listed(autoaugment.RandAugment()._augmentation_space(31, size)),
        "TrivialAugmentWide": listed(autoaugment.TrivialAugmentWide()._augmentation_space(31)),
        "AugMix": listed(autoaugment.AugMix()._augmentation_space(10, size)),
    }


def policies():
    for policy in autoaugment.AutoAugmentPolicy:
        pairs = autoaugment.AutoAugment(policy).policies
        yield policy.value, [[{"step": step, "probability": probability, "level": level or 0}
                              for step, probability, level in pair] for pair in pairs]


def distributions():
    """Mean, standard deviation, least and greatest of what random transforms draw, for pictures of 120 x 80 pixels."""
    draws, width, height = 20000, 120, 80
    blank = torch.zeros(3, height, width)
    random.seed(1)
    torch.manual_seed(1)

    def described(name, parameters, draw):
        values = numpy.array([draw() for _ in range(draws)], dtype=numpy.float64)
        return name, [{"name": parameter, "mean": column.mean(), "deviation": column.std(), "least": column.min(),
                       "greatest": column.max()} for parameter, column in zip(parameters.split(), values.T)]

    def jitter():
        order, *factors = transforms.ColorJitter.get_params((0.6, 1.4), (0.5, 1.5), (0, 2), (-0.1, 0.1))
        return [*factors, order.tolist().index(0), order.tolist().index(3)]

    def affine():
        degrees, translation, scale, shear = transforms.RandomAffine.get_params(
            (-20, 20), (0.1, 0.2), (0.8, 1.2), (-10, 10), [width, height])
        return [degrees, *translation, scale, *shear]

    def erasing():
        top, left, rows, columns, _ = transforms.RandomErasing.get_params(blank, (0.02, 0.33), (0.3, 3.3), [0])
        return [top, left, rows, columns]

    def perspective():
        _, ends = transforms.RandomPerspective.get_params(width, height, 0.5)
        return [coordinate for point in ends for coordinate in point]

    def shares():
        mix = transforms.AugMix()
        own = mix._sample_dirichlet(torch.tensor([1.0, 1.0]))
        return [own[0].item(), *(mix._sample_dirichlet(torch.tensor([1.0] * 3)) * own[1]).tolist()]

    yield described("ColorJitter", "brightness contrast saturation hue place_of_brightness place_of_hue", jitter)
    yield described("RandomRotation", "degrees", lambda: [transforms.RandomRotation.get_params([-30, 30])])
    yield described("RandomAffine", "degrees right down scale shear_x shear_y", affine)
    yield described("GaussianBlur", "sigma", lambda: [transforms.GaussianBlur.get_params(0.1, 2.0)])
    yield described("RandomErasing", "top left rows columns", erasing)
    yield described("RandomPerspective", "x0 y0 x1 y1 x2 y2 x3 y3", perspective)
    yield described("AugMix", "own first second third", shares)


def write(name, content):
    (HERE / name).write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    FIXTURES.mkdir(exist_ok=True)
    save_fixtures()
    write("goldens.json", {
        "decoded": {p.name: described(open_rgb(p.name)) for p in sorted(FIXTURES.iterdir()) if p.name not in UNDECIDED},
        "evaluations": list(evaluations()),
        "greys": list(greys()),
        "crops": list(crops()),
        "tenCrops": list(ten_crops()),
        "operations": list(operations()),
        "policySteps": list(policy_steps()),
    })
    write("randomness.json", {
        "spaces": spaces(),
        "policies": dict(policies()),
        "distributions": dict(distributions()),
    })
