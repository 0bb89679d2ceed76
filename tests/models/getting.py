"""Getting the tiny model, quickly."""

from __future__ import annotations

import pytest

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.models import store
from desktop_app.models.catalogue import Entry
from desktop_app.models.download import Downloaded, download
from desktop_app.models.progress import OnProgress
from desktop_app.models.refusals import Patience
from tests.models.hub import REPOSITORY

ENTRY = Entry("tiny", "Tiny", REPOSITORY, licence="Entry's")
QUICK = Patience(
    attempts=3, first_wait_s=0.01, longest_wait_s=0.02, longest_asked_s=120, silence_s=20
)


def get(
    entry: Entry = ENTRY,
    *,
    on_progress: OnProgress = lambda _: None,
    token: CancelToken | None = None,
    patience: Patience = QUICK,
) -> Downloaded:
    """Fetch a model, claimed as it has to be."""
    with store.claimed(entry.id):
        return download(entry, on_progress, token or CancelToken(), patience)


def refusal(entry: Entry = ENTRY, patience: Patience = QUICK) -> str:
    """Return the sentence that getting a model ends with."""
    with pytest.raises(ModelError) as caught:
        get(entry, patience=patience)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence
    return sentence
