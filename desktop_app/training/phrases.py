"""How people ask for each look: the paraphrases that instructions are drawn from.

Source of the idea: Wei et al., "Finetuned Language Models Are Zero-Shot Learners" (FLAN), ICLR
2022, and Paul, "Instruction-tuning Stable Diffusion with InstructPix2Pix", 2023, where one of 50
paraphrases is drawn once for each pair. Here one is drawn anew each time that a pair is seen.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from desktop_app.core.errors import ToonroomError
from desktop_app.core.paths import resources

KEEP = "keep"
"""What the task of keeping the photo as it is, is called where looks are named."""

_IT = "{it}"
_LOWER_CASE_SHARE = 0.3
_FULL_STOP_SHARE = 0.15


@dataclass(frozen=True)
class Phrasebook:
    """Phrases, by look.

    Attributes:
        pictures: wordings of "the picture".
        phrases: templates by look, and under KEEP; the first of each is what the app itself says.
    """

    pictures: tuple[str, ...]
    phrases: Mapping[str, tuple[str, ...]]

    @property
    def looks(self) -> tuple[str, ...]:
        """What can be asked for, KEEP last."""
        return tuple(self.phrases)

    def standard(self, look: str) -> str:
        """Return the instruction that stands for `look`."""
        return self.phrases[look][0].replace(_IT, self.pictures[0])

    def draw(self, look: str, chance: random.Random) -> str:
        """Return one of the ways to ask for `look`."""
        words = chance.choice(self.phrases[look]).replace(_IT, chance.choice(self.pictures))
        words = words[:1].upper() + words[1:]
        if chance.random() < _LOWER_CASE_SHARE:
            words = words.lower()
        return f"{words}." if chance.random() < _FULL_STOP_SHARE else words

    def corpus(self) -> list[str]:
        """Return every phrase with every wording: what a tokenizer is made from."""
        return sorted(
            {
                phrase.replace(_IT, picture)
                for phrases in self.phrases.values()
                for phrase in phrases
                for picture in self.pictures
            }
        )


@cache
def load_phrases() -> Phrasebook:
    """Return the phrases that the app brings."""
    return read_phrases(resources() / "training" / "phrases.toml")


def read_phrases(path: Path) -> Phrasebook:
    """Return the phrases in a TOML file.

    Raises:
        ToonroomError: it cannot be read, or is damaged.
    """
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
        phrases = {**values["looks"], KEEP: values["keep"]["phrases"]}
        pictures = tuple(str(words) for words in values["picture"])
        book = Phrasebook(pictures, {look: tuple(said) for look, said in phrases.items()})
    except OSError as error:
        raise ToonroomError(f"The phrases {path} cannot be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise ToonroomError(f"The phrases {path} are damaged: {error}.") from error
    if not pictures or not all(book.phrases.values()):
        raise ToonroomError(f"The phrases {path} are damaged: a list is empty.")
    return book
