"""Writes the tar and zip files beside it, of pictures in ../fixtures, with the tools that people use.

    python3 make_shards.py        (Python 3.11, webdataset 1.0.2)
"""
import io
import pathlib
import tarfile
import zipfile

import webdataset

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parent / "fixtures"
NAMES = ["grey.jpg", "one_pixel.jpg", "grey.png", "lossy.webp", "rgb_13x17.png"]
CLASSES = ["tulip", "daisy", "rose"]


def samples():
    for i, name in enumerate(NAMES):
        yield i, (FIXTURES / name).read_bytes(), name.rsplit(".", 1)[1]


def shards():
    """As the library writes them: numbers of classes, and what else is known."""
    with webdataset.ShardWriter(str(HERE / "train-%06d.tar"), maxcount=3, mtime=0) as sink:
        for i, picture, extension in samples():
            sink.write({"__key__": f"train/{i:06d}", extension: picture, "cls": i % 3,
                        "json": {"label": CLASSES[i % 3], "tags": CLASSES[: i % 3]}, "tags.txt": " ".join(CLASSES[: i % 3])})


def folder(path, form):
    """A folder of classes, as tar packs it."""
    with tarfile.open(path, "w", format=form) as archive:
        for i, picture, extension in samples():
            info = tarfile.TarInfo(f"./flowers/{CLASSES[i % 3]}/{'ü' * 60}/{i}.{extension}")
            info.size = len(picture)
            archive.addfile(info, io.BytesIO(picture))


def zipped(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(entry("flowers/"), b"")
        for i, picture, extension in samples():
            archive.writestr(entry(f"flowers/{CLASSES[i % 3]}/{i}.{extension}"), picture,
                             zipfile.ZIP_STORED if i % 2 else zipfile.ZIP_DEFLATED)
        archive.writestr(entry("__MACOSX/flowers/rose/._1.jpg"), b"\0\5\x16\7")
        archive.writestr(entry("flowers/.DS_Store"), b"\0")
        archive.writestr(entry("flowers/rose/read me.txt"), "Täglich gießen")


def entry(name):
    return zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))


shards()
folder(HERE / "pax.tar", tarfile.PAX_FORMAT)
folder(HERE / "gnu.tar", tarfile.GNU_FORMAT)
zipped(HERE / "flowers.zip")
