"""Which models can be had."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.core.errors import ModelError
from desktop_app.core.events import Defaults
from desktop_app.models import catalogue, library, store
from desktop_app.models.catalogue import DEFAULT_FILES, Entry

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {
    "starter": "",
    "scratch-cartoonizer": "instruction-tuning-sd/scratch-cartoonizer",
    "cartoonizer": "instruction-tuning-sd/cartoonizer",
    "instruct-pix2pix": "timbrooks/instruct-pix2pix",
    "magicbrush": "vinesmsuic/magicbrush-ema",
}


@pytest.fixture
def own(toonroom_home: Path) -> Path:
    """The file that the artist may write."""
    return toonroom_home / "models.toml"


def added() -> list[Entry]:
    """Return what the artist added."""
    return [entry for entry in catalogue.entries() if entry.id not in KNOWN]


def test_toonroom_knows_some_models(caplog: pytest.LogCaptureFixture) -> None:
    assert {entry.id: entry.repository for entry in catalogue.entries()} == KNOWN
    assert caplog.text == ""
    for entry in catalogue.entries():
        store.check_id(entry.id)
        assert entry.is_built_in == (entry.id == library.STARTER)
        assert entry.title
        assert entry.note.endswith(".")
        assert entry.licence
        if not entry.is_built_in:
            assert entry.commercial_use.endswith(".")
            assert entry.licence_link == f"https://huggingface.co/{entry.repository}"
            assert entry.download_bytes >= entry.installed_bytes > 10**9
            assert entry.memory_bytes > entry.installed_bytes
            assert None not in (
                entry.defaults.steps,
                entry.defaults.text_guidance,
                entry.defaults.image_guidance,
            )


def test_an_entry_is_found_by_its_id() -> None:
    assert catalogue.find("cartoonizer").title == "Cartoonizer"
    with pytest.raises(ModelError, match=r"no model called 'cartoon' to be had.*scratch-carto.*\."):
        catalogue.find("cartoon")


def test_the_artist_may_add_some(own: Path) -> None:
    own.write_text(
        """
        [mine]
        repository = "me/mine"

        [other]
        title = "Other"
        repository = "you/other.v2"
        revision = "refs/pr/1"
        note = "Draws\\n  well."
        files = ["*", "*/*"]
        download_bytes = 10
        installed_bytes = 5
        memory_bytes = 20
        licence = "MIT"
        licence_link = "https://example.org"
        commercial_use = "Yes."
        defaults = { steps = 5, text_guidance = 1.5, image_guidance = 2 }
        """,
        encoding="utf-8-sig",  # as some editors write it
    )
    assert added() == [
        Entry("mine", "me/mine", "me/mine", "main", files=DEFAULT_FILES),
        Entry(
            "other",
            "Other",
            "you/other.v2",
            "refs/pr/1",
            "Draws well.",
            ("*", "*/*"),
            10,
            5,
            20,
            Defaults(steps=5, text_guidance=1.5, image_guidance=2.0),
            "MIT",
            "https://example.org",
            "Yes.",
        ),
    ]
    assert catalogue.find("mine") == added()[0]


@pytest.mark.parametrize("name", ["cartoonizer", "Cartoonizer", "STARTER"])
def test_an_own_entry_hides_none_of_toonrooms(
    own: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    own.write_text(f'[{name}]\nrepository = "evil/cartoonizer"\n[mine]\nrepository = "me/mine"')
    assert [entry.id for entry in catalogue.entries()] == [*KNOWN, "mine"]
    assert catalogue.find("cartoonizer").repository == KNOWN["cartoonizer"]
    assert f"there is a model {name!r} already" in caplog.text


@pytest.mark.parametrize(
    ("damaged", "said"),
    [
        ("bad = 5", "not a table"),
        ("[bad]", "owner/name"),
        ('[bad]\nrepository = "mine"', "owner/name"),
        ('[bad]\nrepository = "../mine"\nx = 1', "'x' is not known"),
        ("[bad]\nrepository = 5", "repository cannot be 5"),
        ('[".bad"]\nrepository = "me/bad"', "cannot be called '.bad'"),
        ('["a/b"]\nrepository = "me/bad"', "cannot be called 'a/b'"),
        ('[bad]\nrepository = "me/bad"\ntitle = ""', "title cannot be ''"),
        ('[bad]\nrepository = "me/bad"\ntitle = "a\\u0000"', "title cannot be"),
        ('[bad]\nrepository = "me/bad"\nrevision = "a b"', "no branch, tag or commit"),
        ('[bad]\nrepository = "me/bad"\nfiles = "*"', "list of patterns"),
        ('[bad]\nrepository = "me/bad"\nfiles = []', "list of patterns"),
        ('[bad]\nrepository = "me/bad"\nfiles = [1]', "list of patterns"),
        ('[bad]\nrepository = "me/bad"\ndownload_bytes = -1', "download_bytes cannot be -1"),
        ('[bad]\nrepository = "me/bad"\ndownload_bytes = true', "download_bytes cannot be True"),
        ('[bad]\nrepository = "me/bad"\ndownload_bytes = 1.5', "download_bytes cannot be 1.5"),
        ('[bad]\nrepository = "me/bad"\nlicence_link = "file:///x"', "no address of the web"),
        ('[bad]\nrepository = "me/bad"\ndefaults = 5', "must be a table"),
        ('[bad]\nrepository = "me/bad"\ndefaults = { steps = 0 }', "steps cannot be 0"),
        ('[bad]\nrepository = "me/bad"\ndefaults = { text_guidance = nan }', "cannot be nan"),
        ('[bad]\nrepository = "me/bad"\ndefaults = { model = "x" }', "no 'model'"),
    ],
)
def test_what_is_damaged_is_left_out(
    own: Path, caplog: pytest.LogCaptureFixture, damaged: str, said: str
) -> None:
    own.write_text(f'{damaged}\n[mine]\nrepository = "me/mine"')
    assert [entry.id for entry in added()] == ["mine"]
    assert said in caplog.text
    assert str(own) in caplog.text


@pytest.mark.parametrize("content", [b"[", b"\xff", b"a = " + b"[" * 9999, b"x = 1\nx = 2"])
def test_a_file_that_is_no_toml_is_left_out(
    own: Path, caplog: pytest.LogCaptureFixture, content: bytes
) -> None:
    own.write_bytes(content)
    assert added() == []
    assert str(own) in caplog.text


def test_a_folder_in_its_place_is_left_out(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    own.mkdir()
    assert added() == []
    assert str(own) in caplog.text


def test_listing_imports_nothing_that_is_slow() -> None:
    code = """
import sys
from desktop_app.models import catalogue, download
assert catalogue.entries()
slow = {"asyncio", "email", "http", "ssl", "filelock", "httpx2", "huggingface_hub", "torch"}
print(*sorted(slow & set(sys.modules)))
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
