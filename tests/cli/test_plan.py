"""Which photos there are and where results go."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.cli.options import parse_cartoonize
from desktop_app.cli.plan import Job, plan
from desktop_app.core.errors import UsageError


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_bytes(b"x")


def jobs(*arguments: str) -> list[Job]:
    return plan(parse_cartoonize(list(arguments)))


def results(*arguments: str) -> dict[str, str]:
    return {str(job.photo): str(job.result) for job in jobs(*arguments)}


def test_one_photo_goes_to_a_file() -> None:
    assert results("a.jpg", "-o", "new/b.PNG") == {"a.jpg": "new/b.PNG"}


@pytest.mark.parametrize("out", ["there", "there/", "new/", "new", "with.dot/"])
def test_one_photo_goes_into_what_must_be_a_folder(out: str) -> None:
    Path("there").mkdir()
    assert results("a.jpg", "-o", out) == {"a.jpg": f"{out.rstrip('/')}/a.jpg"}


def test_several_photos_go_into_a_folder_under_their_own_names() -> None:
    given = ["a.JPG", "b.tiff", "c.heic", "d", "e.f.webp", "g.gif"]
    assert list(results(*given, "-o", "out").values()) == [
        "out/a.JPG",
        "out/b.tiff",
        "out/c.png",
        "out/d.png",
        "out/e.f.webp",
        "out/g.png",
    ]


def test_no_photo_takes_the_place_of_another_ones_result() -> None:
    given = ["a.heic", "x/a.png", "y/a.png", "z/A.png", "a.avif"]
    assert list(results(*given, "-o", "out").values()) == [
        "out/a.png",
        "out/a-2.png",
        "out/a-3.png",
        "out/A-4.png",
        "out/a-5.png",
    ]


def test_layers_and_previews_have_names_of_their_own_too() -> None:
    found = jobs("a.png", "a.jpg", "-o", "out", "--previews", "steps")
    assert [str(job.layers) for job in found] == ["out/a.ora", "out/a-2.ora"]
    assert [str(job.previews) for job in found] == ["steps/a", "steps/a-2"]


def test_no_result_takes_the_place_of_a_photo_that_is_still_to_be_read() -> None:
    touch("x/a.jpg", "y/a.jpg", "y/b.bmp", "y/b.png")
    found = results("x/a.jpg", "y/a.jpg", "y/b.bmp", "y/b.png", "-o", "y")
    assert found == {
        "x/a.jpg": "y/a-2.jpg",
        "y/a.jpg": "y/a.jpg",
        "y/b.bmp": "y/b-2.png",
        "y/b.png": "y/b.png",
    }


def test_a_folder_gives_its_photos_and_only_with_recursive_those_below() -> None:
    touch("in/b.jpg", "in/a.png", "in/notes.txt", "in/.hidden.jpg", "in/deep/er/a.png")
    assert results("in", "-o", "out") == {"in/a.png": "out/a.png", "in/b.jpg": "out/b.jpg"}
    assert results("in", "-o", "out", "--recursive") == {
        "in/a.png": "out/a.png",
        "in/b.jpg": "out/b.jpg",
        "in/deep/er/a.png": "out/deep/er/a.png",
    }


def test_a_folder_with_one_photo_is_still_a_folder() -> None:
    touch("in/a.jpg")
    assert results("in", "-o", "out") == {"in/a.jpg": "out/a.jpg"}
    with pytest.raises(UsageError, match="need a folder"):
        jobs("in", "-o", "out.png")


def test_what_we_wrote_ourselves_is_not_cartoonized_again() -> None:
    touch("in/a.jpg", "in/out/a.jpg", "in/steps/a-01-lines.png", "in/more/b.jpg")
    found = results("in", "-o", "in/out", "--previews", "in/steps", "--recursive")
    assert sorted(found) == ["in/a.jpg", "in/more/b.jpg"]


def test_results_may_go_where_the_photos_are() -> None:
    touch("in/a.jpg")
    assert results("in", "-o", "in", "--recursive") == {"in/a.jpg": "in/a.jpg"}


def test_a_photo_that_was_named_twice_is_done_once() -> None:
    touch("in/a.jpg")
    assert list(results("in/a.jpg", "in", "./in/../in/a.jpg", "-o", "out")) == ["in/a.jpg"]


def test_a_folder_without_photos_is_a_problem_and_not_an_exception() -> None:
    touch("in/notes.txt", "a.jpg")
    empty, photo = jobs("in", "a.jpg", "-o", "out")
    assert isinstance(empty.problem, UsageError)
    assert "“in”" in str(empty.problem)
    assert "--recursive" in str(empty.problem)
    assert photo.problem is None
    assert str(photo.result) == "out/a.jpg"


@pytest.mark.parametrize("out", ["b.gif", "b.xyz", "b.heic", "there"])
def test_a_file_must_have_an_ending_that_can_be_written(out: str) -> None:
    touch("there")
    with pytest.raises(UsageError, match=r"\.png, \.jpg"):
        jobs("a.jpg", "-o", out)


def test_several_photos_do_not_go_into_a_file() -> None:
    touch("there", "there.png")
    for out in ("there", "there.png", "new.png"):
        with pytest.raises(UsageError, match="need a folder"):
            jobs("a.jpg", "b.jpg", "-o", out)


def test_a_folder_that_was_taken_for_a_photo_is_left_for_its_turn() -> None:
    Path("a.jpg").mkdir()
    (job,) = jobs("a.jpg", "-o", "b.png")
    assert (str(job.photo), str(job.result), job.problem) == ("a.jpg", "b.png", None)
    touch("a.jpg/b.jpg")
    assert results("a.jpg", "-o", "out") == {"a.jpg/b.jpg": "out/b.jpg"}


@pytest.mark.parametrize("name", ["x" * 255, "ü" * 125 + ".bmp", "x" * 251 + ".gif", "y." * 127])
def test_names_that_no_disk_takes_are_shortened_and_stay_different(name: str) -> None:
    given = [name, f"a/{name}", f"b/{name}"]
    found = jobs(*given, "-o", "out", "--previews", "steps")
    for files in ([j.result for j in found], [j.layers for j in found]):
        assert len(set(files)) == 3
        assert all(len(os.fsencode(path.name)) <= 255 for path in files)
        assert all(path.name.startswith(name[:100]) for path in files)
    assert {job.result.suffix for job in found} == {".png"}
    labels = [job.previews for job in found if job.previews]
    assert len(set(labels)) == 3
    assert all(len(os.fsencode(label.name)) <= 215 for label in labels)


def test_a_photo_whose_name_is_as_long_as_can_be_keeps_it() -> None:
    name = "x" * 251 + ".jpg"
    assert results(name, "-o", "out/") == {name: f"out/{name}"}


def test_a_name_that_is_too_long_is_left_for_the_photos_turn() -> None:
    name = "x" * 5000 + ".jpg"
    assert [job.problem for job in jobs(name, "a.jpg", "-o", "out")] == [None, None]
