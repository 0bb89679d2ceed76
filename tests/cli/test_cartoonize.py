"""`toonroom cartoonize` from arguments to files, in this process."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from desktop_app.cli import batch
from desktop_app.cli.cartoonize import exit_status
from desktop_app.core.cancel import CancelToken
from desktop_app.core.engine import Engine, OnStep
from desktop_app.core.errors import ExitCode
from desktop_app.core.paths import log_file
from desktop_app.core.photo import Photo
from desktop_app.core.request import Request
from desktop_app.imaging.opening import open_photo
from tests.cli.conftest import MakePhoto, Run

KEYS = [
    *("photo", "result", "engine", "model", "mode", "seed", "steps"),
    *("seconds", "width", "height", "error", "code"),
]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_photo_becomes_one_picture(run: Run, make_photo: MakePhoto, tmp_path: Path) -> None:
    photo, out = make_photo("photo.jpg", 41, 23), tmp_path / "new" / "out.png"
    ran = run("cartoonize", photo, "-o", out, "-i", "manga", "--seed", 7)
    assert (ran.code, ran.out) == (0, f"{out}\n")
    assert "[1/1] photo.jpg: " in ran.err
    assert "1 of 1 done" in ran.err
    with Image.open(out) as picture:
        assert (picture.format, picture.size) == ("PNG", (41, 23))
    made_by = Request.from_json(open_photo(out).request_json or "")
    assert made_by == Request(instruction="manga", seed=7)


def test_the_size_of_the_result_can_be_said(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    out = tmp_path / "out.webp"
    ran = run("cartoonize", make_photo("a.png", 40, 20), "-o", out, "--size", 80, "--json")
    assert (ran.records[0]["width"], ran.records[0]["height"]) == (80, 40)
    with Image.open(out) as picture:
        assert (picture.format, picture.size) == ("WEBP", (80, 40))


def test_json_says_of_every_photo_what_became_of_it(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    good, bad, late = make_photo("good.png"), tmp_path / "bäd.png", make_photo("late.bmp")
    bad.write_bytes(good.read_bytes()[:200])
    gone = tmp_path / "gone.png"
    ran = run("cartoonize", good, bad, gone, late, "-o", tmp_path / "out", "--json", "--steps", 9)
    assert ran.code == 3
    assert [list(record) for record in ran.records] == [KEYS] * 4
    assert [r["photo"] for r in ran.records] == [str(p) for p in (good, bad, gone, late)]
    assert [r["code"] for r in ran.records] == [0, 3, 3, 0]
    first, second, third, fourth = ran.records
    assert first["result"] == str(tmp_path / "out" / "good.png")
    assert fourth["result"] == str(tmp_path / "out" / "late.png")
    assert first["error"] is None
    assert first["seconds"] > 0
    assert {first[key] for key in ("engine", "mode", "model")} == {"classic", "balanced", None}
    assert (first["seed"], first["steps"], first["width"], first["height"]) == (0, 9, 40, 30)
    assert "bäd.png" in second["error"]
    assert "gone.png" in third["error"]
    assert second["result"] is second["width"] is second["height"] is None
    assert names_in(tmp_path / "out") == ["good.png", "late.png"]


def test_odd_files_are_one_clear_line_each_and_stop_nothing(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    given = [tmp_path / name for name in ("empty.jpg", "text.png", "pipe.png", "dangling.png")]
    given[0].write_bytes(b"")
    given[1].write_text("no picture")
    os.mkfifo(given[2])
    given[3].symlink_to(tmp_path / "nowhere")
    given += [Path("/dev/zero"), tmp_path / ("x" * 300 + ".jpg"), tmp_path / "line\nbreak.jpg"]
    good = make_photo("good.png")
    ran = run("cartoonize", *given, good, "-o", tmp_path / "out", "--quiet")
    assert ran.code == 3
    assert ran.out == f"{tmp_path / 'out' / 'good.png'}\n"
    lines = ran.err.splitlines()
    assert len(lines) == len(given)
    assert all(line.startswith("toonroom: ") and line.endswith(".") for line in lines)
    assert "line\\nbreak.jpg" in lines[-1]


def test_nothing_is_overwritten_unless_it_is_said(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo, out = make_photo("photo.png"), tmp_path / "out.png"
    out.write_bytes(b"precious")
    ran = run("cartoonize", photo, "-o", out, "--json")
    assert (ran.code, ran.records[0]["code"]) == (3, 3)
    assert "--overwrite" in ran.err
    assert out.read_bytes() == b"precious"
    assert run("cartoonize", photo, "-o", out, "--overwrite").code == 0
    with Image.open(out) as picture:
        assert picture.size == (40, 30)


def test_the_photo_itself_is_replaced_only_when_it_is_said(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo = make_photo("photo.png")
    before = photo.read_bytes()
    link = tmp_path / "link.png"
    link.symlink_to(photo)
    for out in (photo, tmp_path, f"{tmp_path}/./photo.png", link):
        ran = run("cartoonize", photo, "-o", out)
        assert ran.code == 3
        assert "is the photo itself" in ran.err
        assert photo.read_bytes() == before
    assert run("cartoonize", photo, "-o", photo, "--overwrite").code == 0
    assert photo.read_bytes() != before


def test_layers_lie_beside_the_result(run: Run, make_photo: MakePhoto, tmp_path: Path) -> None:
    photo, out = make_photo("photo.png"), tmp_path / "out.jpg"
    assert run("cartoonize", photo, "-o", out, "--layers").code == 0
    with zipfile.ZipFile(tmp_path / "out.ora") as archive:
        assert archive.read("mimetype") == b"image/openraster"
    out.unlink()
    ran = run("cartoonize", photo, "-o", out, "--layers")
    assert ran.code == 3
    assert "out.ora” is there already; add --overwrite" in ran.err
    assert not out.exists()


def test_every_step_leaves_a_preview_that_sorts(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    previews = tmp_path / "steps"
    photos = [make_photo("a.png"), make_photo("b.png")]
    command = ["cartoonize", *photos, "-o", tmp_path / "out", "--previews", previews]
    assert run(*command).code == 0
    names = names_in(previews)
    for label in ("a", "b"):
        own = [name for name in names if name.startswith(f"{label}-")]
        assert len(own) >= 2
        assert [name[:5] for name in own] == [f"{label}-{n:02}-" for n in range(1, len(own) + 1)]
    for name in names:
        with Image.open(previews / name) as picture:
            assert picture.format == "PNG"
    ran = run(*command[:3], "-o", tmp_path / "again", "--previews", previews)
    assert ran.code == 3
    assert "is there already; add --overwrite" in ran.err


def test_resume_leaves_out_what_was_made_with_the_same_options(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photos = [make_photo(f"{name}", seed=n) for n, name in enumerate(["a.jpg", "b.png", "c.webp"])]
    out = tmp_path / "out"
    command = ["cartoonize", *photos, "-o", out, "-i", "fewer colours, größere Linien", "--json"]
    assert run(*command).code == 0
    (out / "b.png").unlink()
    times = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    ran = run(*command, "--resume")
    assert (ran.code, [record["code"] for record in ran.records]) == (0, [0, 0, 0])
    assert [record["width"] for record in ran.records] == [40, 40, 40]
    assert "2 of them were there already" in ran.err
    assert (out / "b.png").exists()
    assert times.items() <= {path.name: path.stat().st_mtime_ns for path in out.iterdir()}.items()


def test_resume_does_not_take_another_picture_for_the_result(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo, out = make_photo("photo.png"), tmp_path / "out.png"
    command = ["cartoonize", photo, "-o", out, "--resume"]
    assert run(*command, "--seed", 1).code == 0
    before = out.read_bytes()
    ran = run(*command, "--seed", 2)
    assert ran.code == 3
    assert "not made with these options" in ran.err
    out.write_bytes(before[:-100])  # cut off
    assert run(*command, "--seed", 1).code == 3
    assert run(*command, "--seed", 2, "--overwrite").code == 0
    times = out.stat().st_mtime_ns
    assert run(*command, "--seed", 2, "--overwrite").code == 0
    assert out.stat().st_mtime_ns == times


def test_resume_adds_layers_that_are_missing(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    command = ["cartoonize", make_photo("photo.png"), "-o", tmp_path / "out.png"]
    assert run(*command).code == 0
    assert run(*command, "--resume", "--layers").code == 0
    assert (tmp_path / "out.ora").exists()


def test_a_folder_that_cannot_be_made_is_a_sentence(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo = make_photo("a.png")
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "sub"):
        ran = run("cartoonize", photo, "-o", folder / "out.png", "--quiet")
        assert (ran.code, ran.out) == (3, "")
        assert f"There can be no folder “{folder}”: a file is in its place" in ran.err
    ran = run("cartoonize", photo, "-o", tmp_path / ("x" * 300) / "out.png", "--quiet")
    assert ran.code == 3
    assert "cannot be made: File name too long" in ran.err


@pytest.mark.usefixtures("without_starter")
@pytest.mark.parametrize("options", [["--engine", "diffusion"], ["--model", "starter"]])
def test_without_a_model_nothing_is_begun(
    run: Run, make_photo: MakePhoto, tmp_path: Path, options: list[str]
) -> None:
    photos = [make_photo("a.png"), make_photo("b.png")]
    ran = run("cartoonize", *photos, "-o", tmp_path / "out", "--json", *options)
    assert ran.code == 4
    assert len(ran.err.splitlines()) == 1
    assert [record["code"] for record in ran.records] == [4, 4]
    assert ran.records[0]["engine"] == "diffusion"
    assert not (tmp_path / "out").exists()


def test_quiet_leaves_the_results_alone(run: Run, make_photo: MakePhoto, tmp_path: Path) -> None:
    photo, out = make_photo("a.png"), tmp_path / "b.png"
    ran = run("cartoonize", photo, "-o", out, "--quiet", "--steps", 3, "-i", "add a hat")
    assert (ran.code, ran.out, ran.err) == (0, f"{out}\n", "")


def test_what_will_not_be_done_is_said_once(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photos = [make_photo("a.png"), make_photo("b.png")]
    options = ["--steps", 3, "--device", "cuda", "-i", "add a hat"]
    ran = run("cartoonize", *photos, "-o", tmp_path / "out", *options)
    assert ran.code == 0
    assert ran.err.count("makes no use of --steps, --device") == 1
    assert ran.err.count("hat") == 1


def test_what_was_understood_is_said_where_something_was_asked_for(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo = make_photo("a.png")
    ran = run("cartoonize", photo, "-o", tmp_path / "b.png", "-i", "watercolour, no lines, a hat")
    assert "toonroom: Understood: Watercolour, no lines.\n" in ran.err
    assert "Not understood: “a hat”" in ran.err or "Not understood: “hat”" in ran.err
    ran = run("cartoonize", photo, "-o", tmp_path / "c.png")
    assert "nderstood" not in ran.err


def test_a_picture_too_large_for_its_format_is_refused_before_anything_is_made(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo, out = make_photo("a.png", 16384, 1), tmp_path / "out"
    ran = run("cartoonize", photo, "-o", out / "a.webp", "--layers", "--quiet")
    assert ran.code == 3
    assert "WebP pictures have at most 16383 pixels a side" in ran.err
    assert not out.exists()
    assert run("cartoonize", photo, "-o", out / "a.webp", "--size", 9, "--quiet").code == 0


def test_wrong_usage_is_one_line(run: Run) -> None:
    ran = run("cartoonize", "a.jpg")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    ran = run("--frob")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_an_empty_folder_alone_is_wrong_usage(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    assert run("cartoonize", tmp_path / "empty", "-o", tmp_path / "out").code == 2
    good = make_photo("good.png")
    assert run("cartoonize", tmp_path / "empty", good, "-o", tmp_path / "out").code == 3


def test_one_photo_that_failed_is_one_line_and_no_sum(run: Run, tmp_path: Path) -> None:
    ran = run("cartoonize", tmp_path / "gone.jpg", "-o", tmp_path / "out.png")
    assert (ran.code, len(ran.err.splitlines())) == (3, 1)
    assert "gone.jpg" in ran.err


def test_a_photo_with_the_longest_of_names_gets_its_picture(
    run: Run, make_photo: MakePhoto, tmp_path: Path
) -> None:
    photo = make_photo("photo.bmp").rename(tmp_path / ("x" * 255))
    options = ["--layers", "--previews", tmp_path / "steps"]
    ran = run("cartoonize", photo, "-o", tmp_path / "out", "--quiet", *options)
    assert (ran.code, ran.err) == (0, "")
    assert names_in(tmp_path / "out") == ["x" * 251 + ".ora", "x" * 251 + ".png"]
    assert len(names_in(tmp_path / "steps")) == 6


def test_a_folder_named_like_a_photo_is_a_photo_that_cannot_be_read(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "a.jpg").mkdir()
    ran = run("cartoonize", tmp_path / "a.jpg", "-o", tmp_path / "out.png", "--quiet")
    assert ran.code == 3
    assert "is a folder, not a photo" in ran.err


def test_help_is_the_manual(run: Run) -> None:
    ran = run("cartoonize", "--help")
    assert ran.code == 0
    for word in ("--previews", "exit status:", "130", '"seconds"', "--resume leaves out"):
        assert word in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100
    assert "TOONROOM_HOME" in run("-h").out


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (MemoryError(), 5, "not enough memory"),
        (RuntimeError("two\nlines"), 3, "RuntimeError: two lines"),
    ],
)
def test_what_nobody_foresaw_is_a_line_for_people_and_a_traceback_in_the_log(
    run: Run,
    make_photo: MakePhoto,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: int,
    said: str,
) -> None:
    good = make_photo("good.png")

    def open_photo_or_fail(path: Path) -> object:
        if path.name == "bad.png":
            raise error
        return open_photo(path)

    monkeypatch.setattr(batch, "open_photo", open_photo_or_fail)
    ran = run("cartoonize", tmp_path / "bad.png", good, "-o", tmp_path / "out", "--quiet")
    assert ran.code == code
    assert said in ran.err
    assert len(ran.err.splitlines()) == 1
    assert (tmp_path / "out" / "good.png").exists()
    assert f"{type(error).__name__}" in log_file().read_text()
    assert "Traceback" in log_file().read_text()


def test_a_cancelled_run_leaves_no_file(
    make_photo: MakePhoto, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def develop(
        engine: Engine, request: Request, photo: Photo, on_step: OnStep, token: CancelToken
    ) -> None:
        token.cancel()
        token.raise_if_cancelled()

    photo, good = make_photo("photo.png"), make_photo("good.png")
    monkeypatch.setattr(batch, "develop", develop)
    ran = run("cartoonize", photo, good, "-o", tmp_path / "out", "--layers")
    assert ran.code == 130
    assert "stopped: 0 of 2 done" in ran.err
    assert list((tmp_path / "out").iterdir()) == []


def test_the_status_of_a_batch_follows_from_those_of_its_photos() -> None:
    done, usage, failed = ExitCode.DONE, ExitCode.WRONG_USAGE, ExitCode.PHOTO_FAILED
    assert exit_status([]) == exit_status([done, done]) == done
    assert exit_status([usage, usage]) == usage
    assert exit_status([done, usage]) == failed
    assert exit_status([done, failed, usage]) == failed
    assert exit_status([ExitCode.OUT_OF_MEMORY, failed, done]) == ExitCode.OUT_OF_MEMORY
    assert exit_status([ExitCode.MODEL_MISSING, done]) == ExitCode.MODEL_MISSING
