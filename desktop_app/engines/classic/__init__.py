"""Cartoons by image processing: no weights, nothing to download."""
