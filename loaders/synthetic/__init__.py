"""Synthetic payments with planted circles and friendships."""

from loaders.synthetic.make import generate

__all__ = ["generate"]
