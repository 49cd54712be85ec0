#!/usr/bin/env python3
"""Draws icon.png, the packages' icon: a network of four layers, three of them frozen. Needs Pillow."""
from pathlib import Path

from PIL import Image, ImageDraw

SIZE, SCALE = 128, 8
BACKGROUND, FROZEN, TRAINS = "#17324d", "#9cc9e8", "#ff9d4d"

# Layers shrink from left to right as feature maps do: left edge, width and height, in pixels.
LAYERS = [(17, 18, 92, FROZEN), (42, 18, 70, FROZEN), (67, 18, 48, FROZEN), (92, 19, 30, TRAINS)]


def main():
    icon = Image.new("RGBA", (SIZE * SCALE, SIZE * SCALE))
    draw = ImageDraw.Draw(icon)
    draw.rounded_rectangle((0, 0, SIZE * SCALE - 1, SIZE * SCALE - 1), radius=24 * SCALE, fill=BACKGROUND)
    for left, width, height, color in LAYERS:
        top = (SIZE - height) / 2
        box = [SCALE * value for value in (left, top, left + width, top + height)]
        draw.rounded_rectangle(box, radius=5 * SCALE, fill=color)
    icon.resize((SIZE, SIZE), Image.LANCZOS).save(Path(__file__).with_name("icon.png"), optimize=True)


if __name__ == "__main__":
    main()
