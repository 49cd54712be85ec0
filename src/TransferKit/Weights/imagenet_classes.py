"""Writes the names of ImageNet's classes as torchvision's weights have them in meta["categories"], one a line.

Usage: imagenet_classes.py > imagenet_classes.txt
"""
from torchvision.models._meta import _IMAGENET_CATEGORIES

print("\n".join(_IMAGENET_CATEGORIES))
