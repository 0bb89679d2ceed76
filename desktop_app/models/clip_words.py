"""The tokenizer of CLIP, from the list of letters that it joins."""

from __future__ import annotations

import json
from pathlib import Path

_SPECIAL = ("<|startoftext|>", "<|endoftext|>")


def write_vocabulary(merges: Path, target: Path) -> None:
    """Write the vocab.json that belongs to a merges.txt of CLIP's.

    Args:
        merges: a line of version, then two pieces of words a line, in the order of joining.
        target: where the numbers of all words go.
    """
    target.write_text(json.dumps(vocabulary(merges), ensure_ascii=False), encoding="utf-8")


def vocabulary(merges: Path) -> dict[str, int]:
    """Return the words by which CLIP knows them: bytes, bytes that end a word, what is joined.

    Source: `SimpleTokenizer` of OpenAI's CLIP.
    """
    letters = _byte_letters()
    lines = merges.read_text(encoding="utf-8").splitlines()[1:]
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += ["".join(line.split(" ")) for line in lines if line]
    return {word: number for number, word in enumerate([*words, *_SPECIAL])}


def _byte_letters() -> list[str]:
    """Return the printable letter that stands for each byte, in the order of CLIP's numbers.

    Source: `bytes_to_unicode` of OpenAI's GPT-2 encoder.
    """
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1)]
    plain += range(ord("®"), ord("ÿ") + 1)
    others = 256 - len(plain)
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(others)]
