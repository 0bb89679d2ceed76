"""A trained model takes the starter's place whole, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest
import starter

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError
from desktop_app.models import store
from tests.models.folders import make_folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = make_folder(tmp_path / "model")
    for name in ("README.md", "training.json"):
        (folder / name).write_text("{}\n")
    return folder


def test_it_takes_the_place_of_the_one_before_and_can_be_verified(
    model: Path, tmp_path: Path
) -> None:
    target = tmp_path / "starter"
    (target / "old").mkdir(parents=True)
    starter.put(model, target)
    assert not (target / "old").exists()
    assert store.problems(target, lambda _: None, CancelToken()) == []
    (target / "README.md").write_text("other")
    assert len(store.problems(target, lambda _: None, CancelToken())) == 1
    starter.put(target, target)
    assert store.problems(target, lambda _: None, CancelToken()) == []


def test_what_will_not_do_leaves_the_one_before(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "starter"
    target.mkdir()
    with monkeypatch.context() as patch:
        patch.setattr(starter, "LIMIT_BYTES", 10)
        with pytest.raises(ModelError, match="bytes of at most 10"):
            starter.put(model, target)
    (model / "training.json").unlink()
    with pytest.raises(ModelError, match=r"has no training\.json"):
        starter.put(model, target)
    (model / "unet" / "config.json").unlink()
    with pytest.raises(ModelError):
        starter.put(model, target)
    assert list(target.iterdir()) == []
