from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import CLIPTokenizer

from desktop_app.training.phrases import load_phrases
from desktop_app.training.settings import SmallModel
from desktop_app.training.text import (
    make_text_encoder,
    make_tokenizer,
    save_tokenizer,
    teach_text_encoder,
    tokens_of,
)


@pytest.fixture(scope="module")
def tokenizer() -> CLIPTokenizer:
    return make_tokenizer(load_phrases(), 900)


def test_the_tokenizer_knows_its_phrases_and_can_read_anything(tokenizer: CLIPTokenizer) -> None:
    assert len(tokenizer.get_vocab()) <= 900
    said = tokenizer.convert_ids_to_tokens(tokenizer("Cartoonize the following image").input_ids)
    assert said[1:-1] == ["cartoonize</w>", "the</w>", "following</w>", "image</w>"]
    strange = tokenizer("Bäume, 漫画 und 🎨!").input_ids
    assert tokenizer.unk_token_id not in strange[1:-1]


def test_a_saved_tokenizer_reads_the_same(tokenizer: CLIPTokenizer, tmp_path: Path) -> None:
    save_tokenizer(tokenizer, tmp_path)
    assert {"tokenizer.json", "vocab.json", "merges.txt"} <= {p.name for p in tmp_path.iterdir()}
    texts = ["Turn this photo into a manga", "", "größer " * 100]
    loaded = CLIPTokenizer.from_pretrained(tmp_path)
    assert torch.equal(tokens_of(tokenizer, texts), tokens_of(loaded, texts))
    assert tokens_of(tokenizer, texts).shape == (3, 77)


def test_a_taught_text_encoder_tells_looks_apart(tokenizer: CLIPTokenizer) -> None:
    torch.manual_seed(0)
    encoder = make_text_encoder(tokenizer, SmallModel(text_width=32, text_layers=1))
    loss = teach_text_encoder(encoder, tokenizer, load_phrases(), lessons=60, seed=0)
    assert loss < 0.5
    assert all(parameter.grad is None for parameter in encoder.parameters())
