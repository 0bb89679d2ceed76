"""Toonroom: a desktop darkroom for cartoons."""

__version__ = "0.1.0"
