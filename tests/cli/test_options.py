"""What is taken and what is refused on the command line."""

from __future__ import annotations

import pytest

from desktop_app.cli.options import parse_cartoonize
from desktop_app.core.errors import UsageError
from desktop_app.core.request import DEFAULT_INSTRUCTION, Request


def parse(*arguments: str) -> Request:
    return parse_cartoonize(["a.jpg", "-o", "b.png", *arguments]).request


def test_without_options_a_request_is_the_default_one() -> None:
    options = parse_cartoonize(["a.jpg", "-o", "b.png"])
    assert options.request == Request(instruction=DEFAULT_INSTRUCTION)
    assert options.photos == ("a.jpg",)
    assert options.out == "b.png"
    assert not any([options.layers, options.overwrite, options.resume, options.quiet])


def test_behind_two_dashes_everything_is_a_photo() -> None:
    options = parse_cartoonize(["a.jpg", "-o", "b/", "--", "-c.jpg", "--json", "--", "-o"])
    assert options.photos == ("a.jpg", "-c.jpg", "--json", "--", "-o")
    assert (options.out, options.as_json) == ("b/", False)
    with pytest.raises(UsageError, match="-o/--out"):
        parse_cartoonize(["--", "a.jpg", "-o", "b/"])


def test_every_option_reaches_the_request() -> None:
    arguments = "--mode exact --steps 20 --seed 4294967295 --text-guidance 7.5 --engine diffusion"
    arguments += " --image-guidance 1.5 --scheduler ddim --size 2000 --working-size 512 --model m"
    assert parse(*arguments.split(), "-i", "manga") == Request(
        instruction="manga",
        engine="diffusion",
        model="m",
        mode="exact",
        seed=4294967295,
        steps=20,
        text_guidance=7.5,
        image_guidance=1.5,
        scheduler="ddim",
        working_size_px=512,
        size_px=2000,
    )
    assert parse("--size", "photo").size_px is None


def test_options_may_stand_between_photos() -> None:
    options = parse_cartoonize(["a.jpg", "-o", "out", "b.jpg", "--quiet", "c.jpg"])
    assert options.photos == ("a.jpg", "b.jpg", "c.jpg")
    assert options.quiet


def test_a_model_means_the_diffusion_engine() -> None:
    assert parse("--model", "starter").engine == "diffusion"
    with pytest.raises(UsageError, match="--model is for the diffusion engine"):
        parse("--model", "starter", "--engine", "classic")


NUMBERS = ["", "nan", "inf", "-inf", "1e999", "-1", "x", "1,5", "9" * 5000]


@pytest.mark.parametrize("option", ["--text-guidance", "--image-guidance"])
@pytest.mark.parametrize("value", [*NUMBERS, "100.1"])
def test_guidance_is_a_number_in_its_range(option: str, value: str) -> None:
    with pytest.raises(UsageError, match=f"{option}: a number from 0 to 100 is wanted"):
        parse(f"{option}={value}")


@pytest.mark.parametrize(
    ("option", "bounds", "too_large"),
    [
        ("--seed", "0 to 4294967295", "4294967296"),
        ("--steps", "1 to 1000", "1001"),
        ("--size", "1 to 16384 or 'photo'", "16385"),
        ("--working-size", "16 to 16384", "16385"),
    ],
)
@pytest.mark.parametrize("value", [*NUMBERS, "1.5", "too large"])
def test_whole_numbers_are_whole_and_in_their_range(
    option: str, bounds: str, too_large: str, value: str
) -> None:
    value = too_large if value == "too large" else value
    with pytest.raises(UsageError, match=f"{option}: a whole number from {bounds} is wanted"):
        parse(f"{option}={value}")


@pytest.mark.parametrize("option", ["--size", "--steps", "--working-size"])
def test_zero_is_no_size_and_no_number_of_steps(option: str) -> None:
    with pytest.raises(UsageError, match="is wanted, not '0'"):
        parse(option, "0")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "-o/--out"),
        (["a.jpg"], "-o/--out"),
        (["-o", "b.png"], "PHOTO"),
        (["", "-o", "b.png"], "empty name"),
        (["a.jpg", "-o", ""], "cannot be empty"),
        (["a.jpg", "-o", "b", "--previews", ""], "cannot be empty"),
        (["a.jpg", "-o", "b.png", "--frob"], "--frob"),
        (["a.jpg", "-o", "b.png", "--over"], "--over"),  # no guessing what was meant
        (["a.jpg", "-o", "b.png", "--mode", "slow"], "'slow'"),
        (["a.jpg", "-o", "b.png", "--engine", "magic"], "'magic'"),
        (["a.jpg", "-o", "b.png", "--device", "tpu"], "'tpu'"),
        (["a.jpg", "-o", "b.png", "-i", "x" * 10_001], "10001 characters"),
    ],
)
def test_wrong_usage_is_one_sentence(arguments: list[str], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_cartoonize(arguments)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "--help" in str(refused.value)


def test_bytes_that_are_no_text_do_not_get_into_the_request() -> None:
    assert parse("-i", "bold \udcff lines").instruction == "bold � lines"
    assert parse("-i", "größere Linien").instruction == "größere Linien"
