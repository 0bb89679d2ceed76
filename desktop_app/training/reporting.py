"""Whom a long piece of work tells how it goes on."""

from __future__ import annotations

from typing import Protocol


class Reporter(Protocol):
    """The command line's console, or whoever wants to know."""

    def note(self, sentence: str) -> None:
        """Tell people something that they should know."""

    def progress(self, text: str) -> None:
        """Tell how far things are."""


class Silence:
    """Tells nobody."""

    def note(self, sentence: str) -> None:
        """Do nothing."""

    def progress(self, text: str) -> None:
        """Do nothing."""
