"""The words of a small model: a tokenizer made from the phrases, and a text encoder that is first
taught to tell what is asked for.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import torch
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.nn import functional
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from desktop_app.training.phrases import Phrasebook
from desktop_app.training.settings import SmallModel

START, END = "<|startoftext|>", "<|endoftext|>"
MAX_TOKENS = 77

_WORD_END = "</w>"
_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
"""What CLIP's tokenizer takes for words. Source: openai/CLIP, simple_tokenizer.py."""

_HEADS = 4
_LESSON_SIZE, _LESSON_RATE = 64, 1e-3


def make_tokenizer(phrases: Phrasebook, vocabulary: int) -> CLIPTokenizer:
    """Return a byte-level BPE tokenizer for the phrases; it can read anything else too.

    Args:
        phrases: what pairs of letters are counted in.
        vocabulary: most tokens; every byte has one, and one more where it ends a word.
    """
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(end_of_word_suffix=_WORD_END))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(letters) - 2,
        initial_alphabet=letters,
        end_of_word_suffix=_WORD_END,
        show_progress=False,
    )
    tokenizer.train_from_iterator(phrases.corpus(), trainer)
    learnt = json.loads(tokenizer.to_str())["model"]["merges"]
    merges = [tuple(pair) for pair in learnt]
    tokens = [*letters, *(f"{letter}{_WORD_END}" for letter in letters)]
    tokens += [joined for joined in dict.fromkeys(map("".join, merges)) if joined not in tokens]
    numbers = {token: number for number, token in enumerate([*tokens, START, END])}
    pairs: Any = merges  # the annotation wants texts, the tokenizer pairs
    return CLIPTokenizer(vocab=numbers, merges=pairs, model_max_length=MAX_TOKENS)


def save_tokenizer(tokenizer: CLIPTokenizer, folder: Path) -> None:
    """Write the tokenizer as one file, and as the two that older libraries read."""
    tokenizer.save_pretrained(folder)
    model = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"]
    vocabulary = json.dumps(model["vocab"], ensure_ascii=False)
    (folder / "vocab.json").write_text(vocabulary, encoding="utf-8")
    merges = [" ".join(pair) if isinstance(pair, list) else pair for pair in model["merges"]]
    lines = "".join(f"{line}\n" for line in ["#version: 0.2", *merges])
    (folder / "merges.txt").write_text(lines, encoding="utf-8")


def make_text_encoder(tokenizer: CLIPTokenizer, small: SmallModel) -> CLIPTextModel:
    """Return a fresh text encoder for `tokenizer`, its weights from torch's global generator."""
    numbers = tokenizer.get_vocab()
    config = CLIPTextConfig(
        vocab_size=len(numbers),
        hidden_size=small.text_width,
        intermediate_size=4 * small.text_width,
        num_hidden_layers=small.text_layers,
        num_attention_heads=_HEADS,
        max_position_embeddings=MAX_TOKENS,
        projection_dim=small.text_width,
        bos_token_id=numbers[START],
        eos_token_id=numbers[END],
        pad_token_id=numbers[END],
    )
    return CLIPTextModel(config)


def tokens_of(tokenizer: Any, texts: list[str]) -> Tensor:
    """Return (texts, tokens) int64, cut off and padded as pipelines do it."""
    read = tokenizer(
        texts,
        padding="max_length",
        max_length=tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    )
    ids: Tensor = read.input_ids
    return ids


def teach_text_encoder(
    encoder: Any, tokenizer: Any, phrases: Phrasebook, *, lessons: int, seed: int
) -> float:
    """Have the text encoder learn which phrase asks for which look; return its last loss.

    It costs a minute, and saves the UNet from learning from features that say nothing. The last
    token, which has read all others, is what looks are told by; the head is thrown away.
    """
    looks = phrases.looks
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        head = nn.Linear(encoder.config.hidden_size, len(looks))
    rates = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], _LESSON_RATE)
    chance = random.Random(seed)
    loss = torch.zeros(())
    for _ in range(lessons):
        wanted = [chance.randrange(len(looks)) for _ in range(_LESSON_SIZE)]
        texts = [phrases.draw(looks[index], chance) for index in wanted]
        features = encoder(tokens_of(tokenizer, texts))[0][:, -1]
        loss = functional.cross_entropy(head(features), torch.tensor(wanted))
        rates.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        rates.step()
    rates.zero_grad(set_to_none=True)  # else the first step of training would add to them
    return float(loss.detach())
