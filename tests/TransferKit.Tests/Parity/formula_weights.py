"""The deterministic filling that make_goldens.py and FormulaWeights.cs share.

Every value depends only on the tensor's key, its shape and the element's row-major index i:

    x = FNV-1a-32(key as UTF-8) + i * 0x9E3779B9              (mod 2^32)
    x = fmix32(x)                                             (MurmurHash3's finaliser)
    u = (x >> 8) / 2^23 - 1                                   in [-1, 1), exact in float32
    value = float32(offset + scale * u)                       computed in float64, rounded once

Offset and scale follow from the last segment of the key, in this order:

                                        smooth         kinked
    running_mean                        0     0.1      0     0.1
    running_var                         1     0.2      0.25  0.05
    num_batches_tracked                 0     0        0     0
    layer_scale, gamma, gamma1 to 3, ls1, ls2
                                        0.5   0.1      0.5   0.1    (ConvNeXt; its 1e-6 would hide the branch)
    alpha, scale, temperature           1     0.1      1     0.1
    logit_scale                         2     0.1      2     0.1    (Swin V2; a logarithm)
    class_token, pos_embedding, relative_position_bias_table
                                        0     0.5      0     0.5
    any other of two or more dimensions 0     s        0     s      s = sqrt(gain * 3 / fan_in), fan_in = elements / shape[0]
    *weight of one dimension            1     0.1      0.5   0.05   (norms)
    anything else                       0     0.1      +-2   0.5    (biases; +2 where u >= 0, else -2)

relative_position_index and relative_coords_table keep the values the model computes.

Gain and style are a model's own, in logits.json. A gain of 1 keeps the variance through a linear layer, 2 through one with
ReLU. In a network of batch norms and ReLUs one unit on the other side of zero changes a gradient by a thousandth, and
rounding decides it: the kinked style keeps units four standard deviations away, so that parity can be told from its lack.
Where a sum of several norms goes through the ReLU, as in RepVGG and MobileOne, that holds if their biases have the same sign:
the style "aligned" is kinked with the sign of uniform("sign") at i, whatever the key.
"""
import math

import numpy

COMPUTED = ("relative_position_index", "relative_coords_table")

OFFSET_AND_SCALE = {
    "running_mean": (0.0, 0.1),
    "num_batches_tracked": (0.0, 0.0),
    "layer_scale": (0.5, 0.1),
    **dict.fromkeys(("gamma", "gamma1", "gamma2", "gamma3", "ls1", "ls2"), (0.5, 0.1)),
    **dict.fromkeys(("alpha", "scale", "temperature"), (1.0, 0.1)),
    "logit_scale": (2.0, 0.1),
    "class_token": (0.0, 0.5),
    "pos_embedding": (0.0, 0.5),
    "relative_position_bias_table": (0.0, 0.5),
}


def fnv1a(key):
    state = 0x811C9DC5
    for byte in key.encode("utf-8"):
        state = ((state ^ byte) * 0x01000193) & 0xFFFFFFFF
    return state


def uniform(key, count):
    """float64 [count] of multiples of 2^-23 in [-1, 1)."""
    x = numpy.arange(count, dtype=numpy.uint32)
    x *= numpy.uint32(0x9E3779B9)
    x += numpy.uint32(fnv1a(key))
    x ^= x >> numpy.uint32(16)
    x *= numpy.uint32(0x85EBCA6B)
    x ^= x >> numpy.uint32(13)
    x *= numpy.uint32(0xC2B2AE35)
    x ^= x >> numpy.uint32(16)
    return (x >> numpy.uint32(8)) / 8388608.0 - 1.0


def values(key, shape, gain, style):
    """float32 array of the given shape."""
    u = uniform(key, math.prod(shape))
    signs = uniform("sign", len(u)) if style == "aligned" else u
    offset, scale = offset_and_scale(key, shape, gain, style != "smooth", signs)
    return (offset + scale * u).astype(numpy.float32).reshape(shape)


def offset_and_scale(key, shape, gain, kinked, signs):
    name = key.rsplit(".", 1)[-1]
    if name in OFFSET_AND_SCALE:
        return OFFSET_AND_SCALE[name]
    if name == "running_var":
        return (0.25, 0.05) if kinked else (1.0, 0.2)
    if len(shape) >= 2:
        return 0.0, math.sqrt(gain * 3.0 / (math.prod(shape) // shape[0]))
    if name.endswith("weight"):
        return (0.5, 0.05) if kinked else (1.0, 0.1)
    return (numpy.where(signs >= 0.0, 2.0, -2.0), 0.5) if kinked else (0.0, 0.1)


def images(count, size):
    """float32 [count, 3, size, size]: blocks of 16 pixels, which tell the images apart, under half as much noise."""
    cells = (size + 15) // 16
    blocks = uniform("images.blocks", count * 3 * cells * cells).reshape(count, 3, cells, cells)
    blocks = blocks.repeat(16, axis=2).repeat(16, axis=3)[:, :, :size, :size]
    pixels = uniform("images.pixels", count * 3 * size * size).reshape(count, 3, size, size)
    return (2.0 * blocks + pixels).astype(numpy.float32)


def coefficients(count, classes):
    """float32 [count, classes]: the loss of the goldens is mean(logits * coefficients)."""
    return uniform("coefficients", count * classes).astype(numpy.float32).reshape(count, classes)
