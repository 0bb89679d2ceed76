"""What single instructions mean."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look
from desktop_app.engines.classic.grammar import completions, interpret, with_look
from desktop_app.engines.classic.looks import load_looks
from desktop_app.engines.classic.parameters import BY_NAME, SPECS

LOOKS = load_looks()
TraceFunction = Callable[[FrameType, str, Any], Any]


def read(instruction: str, **by_hand: float) -> Interpretation:
    return interpret(instruction, LOOKS, by_hand)


def plain(look_id: str = "cartoon") -> dict[str, float]:
    (look,) = (look for look in LOOKS if look.look_id == look_id)
    return {spec.name: look.parameters.get(spec.name, spec.default) for spec in SPECS}


PARAPHRASES = """
Cartoonize the following image
Cartoonize this natural image
Cartoonise the photo
CARTOONIZE THE FOLLOWING IMAGE!!!
Turn this photo into a cartoon
Turn the image into a cartoon-style picture
Create a cartoonized version of the image
Generate a cartoon rendition of the photograph
Can you turn this picture into a cartoon, please?
Could you please convert the following photo to a cartoon?
Give this photo a cartoon look
Give the natural image a cartoon effect
I want my selfie to look like a cartoon
I'd like this picture as a cartoon
Render the scene in a cartoon style
Produce a cartoon-like version of the given image
Apply a cartoon filter to the input image
Apply a cartoonish effect
Transform the natural image into a cartoon
Make it look as though it was drawn by a cartoonist
Make this image look like a cartoon
Let's see this as a comic strip
Change the image into an animated cartoon
Convert the photo to cartoon art
Redraw the attached picture as a cartoon
Toonify!
Toonify my portrait
Stylize the image as a cartoon
Make a cartoon out of this photo
Perform cartoonization on the picture
Do a cartoonification of the following photograph
Show me this image in cartoon form
Depict the scene in the manner of a cartoon
Please reimagine the original photo as a cartoon illustration
The following image should become a cartoon
Edit the picture so that it looks cartoony
What would this photo look like as a cartoon?
Add a cartoon style to the image
Represent the photo as a cartoon drawing
Process the image with a cartoon effect
Illustrate the photo below in cartoon fashion
Design a cartoon version of my photo, thank you very much
cartoonize it pls
""".strip().splitlines()


@pytest.mark.parametrize("instruction", PARAPHRASES)
def test_a_paraphrase_of_cartoonize_is_understood_whole(instruction: str) -> None:
    found = read(instruction)
    assert found.look == "cartoon"
    assert found.understood == ("Cartoon",)
    assert found.ignored == ()
    assert found.note == ""
    assert found.parameters == plain()


@pytest.mark.parametrize(
    ("instruction", "look"),
    [
        ("pencil sketch", "pencil_sketch"),
        ("Turn the following image into a pencil sketch", "pencil_sketch"),
        ("a sketch of this, please", "pencil_sketch"),
        ("pencil_sketch", "pencil_sketch"),
        ("draw it in pencil", "pencil_sketch"),
        ("WATERCOLOR", "watercolour"),
        ("watercolour painting", "watercolour"),
        ("water-colour", "watercolour"),
        ("watercolur", "watercolour"),
        ("wartercolour", "watercolour"),
        ("Cartoonize the following image as a watercolour", "watercolour"),
        ("comic book", "comic_ink"),
        ("an ink drawing", "comic_ink"),
        ("in the style of a graphic novel", "comic_ink"),
        ("pop-art poster", "poster"),
        ("screen-printed posters", "poster"),
        ("pastel drawing", "pastel"),
        ("manga comic", "manga"),
        ("as a Manga page", "manga"),
        ("skecth", "pencil_sketch"),
        ("postr", "poster"),
        ("foster", "cartoon"),
        ("cosmic border for my father", "cartoon"),
        ("a cartoon drawing", "cartoon"),
        ("a drawing", "pencil_sketch"),
        ("pastel colours", "cartoon"),
    ],
)
def test_a_look_is_found_by_name_and_synonym(instruction: str, look: str) -> None:
    assert read(instruction).look == look


@pytest.mark.parametrize(
    ("instruction", "phrases"),
    [
        ("bolder lines", "bolder lines"),
        ("thicker outlines", "bolder lines"),
        ("make the contours heavier", "bolder lines"),
        ("lines should be bold", "bolder lines"),
        ("make the lines much bolder", "much bolder lines"),
        ("the boldest lines", "much bolder lines"),
        ("lines as bold as possible", "much bolder lines"),
        ("increase the line width", "bolder lines"),
        ("finer strokes", "thinner lines"),
        ("very thin lines", "much thinner lines"),
        ("more lines", "more lines"),
        ("lots of lines", "much more lines"),
        ("fewer lines", "fewer lines"),
        ("no lines", "no lines"),
        ("without outlines", "no lines"),
        ("w/o lines", "no lines"),
        ("remove the lines", "no lines"),
        ("get rid of all the outlines", "no lines"),
        ("don't draw outlines", "no lines"),
        ("turn the lines off", "no lines"),
        ("no ink", "no lines"),
        ("darker ink", "darker lines"),
        ("black outlines", "darker lines"),
        ("faint lines", "lighter lines"),
        ("bolder and darker lines", "bolder lines, darker lines"),
        ("much bolder and darker lines", "much bolder lines, much darker lines"),
        ("bolder but a little lighter lines", "bolder lines, a little lighter lines"),
        ("fewer colours and lines", "fewer colours, fewer lines"),
        ("fewer and thinner lines", "fewer lines, thinner lines"),
        ("no lines, shading or grain", "no lines, no shading, no grain"),
        ("make it brighter and bolder lines", "brighter, bolder lines"),
        ("lines bolder, colours fewer", "bolder lines, fewer colours"),
        ("fewer colors", "fewer colours"),
        ("fewer flat colors", "fewer colours"),
        ("flat colours", "less shading"),
        ("too many colours", "fewer colours"),
        ("not too many colours", "a little fewer colours"),
        ("8 colours", "8 colours"),
        ("no more than six colors", "6 colours"),
        ("limit the colours to 5", "5 colours"),
        ("1000 colours", "64 colours"),
        ("brighter", "brighter"),
        ("a bit brighter", "a little brighter"),
        ("brighten it up", "brighter"),
        ("way brighter", "much brighter"),
        ("darken the image slightly", "a little darker"),
        ("lighter", "brighter"),
        ("it is too dark", "brighter"),
        ("not so dark", "a little brighter"),
        ("not too bright", "a little darker"),
        ("don't make it darker", "not darker"),
        ("less bright", "darker"),
        ("softer", "softer"),
        ("harsher", "harsher"),
        ("smoother", "smoother"),
        ("more detail", "more detail"),
        ("more detailed", "more detail"),
        ("highly detailed", "much more detail"),
        ("a little detail", "a little more detail"),
        ("little detail", "less detail"),
        ("simplified", "less detail"),
        ("keep the details", "more detail"),
        ("don't lose the detail", "more detail"),
        ("black and white", "black and white"),
        ("Black & White", "black and white"),
        ("b&w", "black and white"),
        ("b/w", "black and white"),
        ("grayscale", "black and white"),
        ("greyscale", "black and white"),
        ("monochrome", "black and white"),
        ("no colour", "black and white"),
        ("without any colors", "black and white"),
        ("in color", "in colour"),
        ("not black and white", "in colour"),
        ("keep the colours", "in colour"),
        ("more vivid", "more vivid"),
        ("colourful", "more vivid"),
        ("more saturation", "more vivid"),
        ("more color", "more vivid"),
        ("muted colors", "less vivid"),
        ("pastel colours", "less vivid"),
        ("a lot less saturated", "much less vivid"),
        ("more contrast", "more contrast"),
        ("increase the contrast a lot", "much more contrast"),
        ("low contrast", "less contrast"),
        ("contrast up", "more contrast"),
        ("not enough contrast", "more contrast"),
        ("reduce contrast slightly", "a little less contrast"),
        ("more shading", "more shading"),
        ("deeper shadows", "more shading"),
        ("no shading", "no shading"),
        ("some shading", "a little more shading"),
        ("add grain", "more grain"),
        ("with paper texture", "more grain"),
        ("a touch of texture", "a little more grain"),
        ("no grain", "no grain"),
        ("fewer tones", "fewer tones"),
        ("lines: none", "no lines"),
        ("Colours: 12", "12 colours"),
        ("a tiny bit darker, please", "a little darker"),
        ("thick lines; few colours; high contrast", "bolder lines, fewer colours, more contrast"),
        ("I don't want it too dark", "a little brighter"),
        ("extra thick outlines and flatter colours", "much bolder lines, less shading"),
        ("add more contrast and saturation", "more contrast, more vivid"),
        ("colours brigther", "more vivid"),
        ("bolder outlins", "bolder lines"),
        ("DON’T MAKE IT DARKER", "not darker"),
        ("brighter!!! and... BOLDER lines???", "brighter, bolder lines"),
        ("ｂｏｌｄｅｒ lines", "bolder lines"),
        ("🎨 brighter 🙂", "brighter"),
    ],
)
def test_a_modifier_is_understood_whole(instruction: str, phrases: str) -> None:
    found = read(instruction)
    assert ", ".join(found.understood) == phrases
    assert found.ignored == ()
    assert found.look == "cartoon"


@pytest.mark.parametrize(
    ("instruction", "ignored"),
    [
        ("add a hat", ("add a hat",)),
        ("please add a hat", ("add a hat",)),
        ("give him a hat and sunglasses", ("give him a hat and sunglasses",)),
        ("in the style of Van Gogh", ("Van Gogh",)),
        ("in the style of Studio Ghibli, brighter", ("Studio Ghibli",)),
        ("darker hair", ("darker hair",)),
        ("make the sky darker", ("sky darker",)),
        ("darker in the corners", ("darker in the corners",)),
        ("bold red lines", ("red",)),
        ("no wobbly lines", ("no wobbly lines",)),
        ("Cartoonize, with a Red Hat; then remove THE DOG", ("with a Red Hat", "remove THE DOG")),
        ("an oil painting", ("oil painting",)),
        ("don't add a hat", ("don't add a hat",)),
        ("Less is more", ("Less is more",)),
        ("make my eyes bigger", ("eyes bigger",)),
        ("not a cartoon", ("not a cartoon",)),
        ("日本語の漫画", ("日本語の漫画",)),
        ("add a line of people", ("add a line of people",)),
        ("Harry Potter", ("Harry Potter",)),
        ("a strange stranger", ("strange stranger",)),
    ],
)
def test_what_nobody_understands_is_given_back_as_written(
    instruction: str, ignored: tuple[str, ...]
) -> None:
    found = read(instruction)
    assert found.ignored == ignored
    assert found.look == "cartoon"
    for phrase in ignored:
        assert phrase in found.note


def test_the_empty_instruction_is_the_cartoon_look_and_says_so() -> None:
    for nothing in ("", "   ", "\n\t"):
        found = read(nothing)
        assert found.look == "cartoon"
        assert found.understood == found.ignored == ()
        assert found.note == "No instruction: the cartoon look is used."


def test_an_instruction_without_meaning_is_the_cartoon_look_and_says_so() -> None:
    assert read("please make the image").note == (
        "No look and no change is named: the cartoon look is used."
    )
    assert read("add a hat").note == (
        "Nothing was understood of “add a hat”: the cartoon look is used."
    )
    assert read("🎨").note.endswith("the cartoon look is used.")


def test_the_note_stays_short() -> None:
    found = read(", ".join(f"zorble{'x' * 50} quux{i}" for i in range(20)))
    assert len(found.ignored) == 20
    assert found.note.count("“") == 3
    assert "and 17 more" in found.note
    assert len(found.note) < 250


def test_of_two_looks_the_last_wins_and_the_note_says_so() -> None:
    found = read("manga, no, a pencil sketch")
    assert found.look == "pencil_sketch"
    assert found.note.startswith(
        "Several looks are named (Manga, Pencil sketch): Pencil sketch is used."
    )
    assert read("a poster. And then a manga").look == "manga"


def test_any_look_is_more_specific_than_the_cartoon() -> None:
    found = read("a watercolour cartoon")
    assert found.look == "watercolour"
    assert "Several looks are named" in found.note
    assert read("Cartoonize the following image as a watercolour").note == ""


def test_the_looks_name_comes_first_among_what_was_understood() -> None:
    found = read("a little brighter pencil sketch with much bolder lines, a little brighter")
    assert found.understood == ("Pencil sketch", "a little brighter", "much bolder lines")


def test_no_lines_means_no_lines() -> None:
    parameters = read("comic ink without lines").parameters
    assert parameters["line_darkness"] == 0.0
    assert parameters["line_amount"] == 0.0


def test_bolder_lines_are_visible_even_where_the_look_has_none() -> None:
    look = Look("flat", "Flat", "flat", "Flatten it", parameters={"line_darkness": 0.0})
    assert interpret("bolder lines", [look], {}).parameters["line_darkness"] > 0.3


def test_black_and_white_and_back() -> None:
    assert read("black and white").parameters["monochrome"] == 1.0
    assert read("pencil sketch in colour").parameters["monochrome"] == 0.0


def test_contradictions_are_both_applied() -> None:
    found = read("brighter, darker")
    assert found.understood == ("brighter", "darker")
    assert found.parameters["brightness"] == pytest.approx(plain()["brightness"])


def test_modifiers_change_the_looks_own_values() -> None:
    parameters = read("poster, brighter").parameters
    changed = {name for name, value in parameters.items() if value != plain("poster")[name]}
    assert changed == {"brightness"}


def test_a_promise_not_to_change_changes_nothing() -> None:
    found = read("don't make it darker, keep the lines")
    assert found.understood == ("not darker", "keep the lines")
    assert found.parameters == plain()


def test_values_set_by_hand_win() -> None:
    found = read("much bolder lines, 8 colours", line_width=0.7, colours=13.4)
    assert found.parameters["line_width"] == 0.7
    assert found.parameters["colours"] == 13.0


def test_values_set_by_hand_that_make_no_sense_are_passed_over() -> None:
    found = read("", zorble=3.0, line_width=float("nan"), contrast=float("inf"), shading=99.0)
    assert found.parameters == {**plain(), "shading": BY_NAME["shading"].maximum}


def test_another_look_keeps_the_modifiers() -> None:
    by_id = {look.look_id: look for look in LOOKS}
    text = with_look(
        "Cartoonize this, add a hat, MUCH thicker lines & darker", by_id["manga"], LOOKS
    )
    assert text == f"{by_id['manga'].instruction}, much bolder lines, darker"
    back = with_look(text, by_id["cartoon"], LOOKS)
    assert back == f"{by_id['cartoon'].instruction}, much bolder lines, darker"
    assert with_look("", by_id["poster"], LOOKS) == by_id["poster"].instruction


def test_a_looks_own_instruction_names_it_whatever_it_says() -> None:
    looks = [*LOOKS, Look("odd", "Odd", "odd", "No lines, manga and much darker zorbles")]
    found = interpret("No lines, manga and much darker zorbles", looks, {})
    assert (found.look, found.understood, found.ignored) == ("odd", ("Odd",), ())


def test_every_completion_is_understood_whole() -> None:
    phrases = completions(LOOKS)
    assert len(set(phrases)) == len(phrases)
    assert phrases[: len(LOOKS)] == tuple(look.instruction for look in LOOKS)
    for phrase in phrases:
        found = read(phrase)
        assert found.ignored == ()
        assert len(found.understood) == 1


def lines_run(instruction: str) -> int:
    """Return how many lines of Python are run to read `instruction`."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read(instruction)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "text",
    [
        "a" * 100_000,
        "not " * 25_000,
        "bolder and " * 9_000,
        "lines, " * 14_000,
        "fewer colurs " * 7_000,
        "the " * 25_000,
        "((((" * 25_000,
        "zorbles " * 12_500,
        "much " * 20_000,
        "🎨" * 100_000,
        "b & w" * 20_000,
    ],
)
def test_reading_takes_steps_in_proportion_and_no_more_for_what_is_beyond(text: str) -> None:
    read("warm up")
    quarter, whole, beyond = (lines_run(text[:length]) for length in (1000, 4000, len(text)))
    assert whole <= 5 * quarter  # linear: four times as long, four times as many
    # Only the first 4000 characters are read, after a look for the last word's end among them.
    assert beyond <= 1.2 * whole + 5000
    assert read(text).look == "cartoon"


def test_what_lies_beyond_the_part_that_is_read_is_given_back() -> None:
    found = read("brighter " + "please " * 1_000 + "and darker")
    assert found.understood == ("brighter",)
    assert found.ignored[-1].endswith("and darker")


@pytest.mark.parametrize(
    ("text", "look", "understood"),
    [
        ("wash the colours out", "cartoon", ("less vivid",)),
        ("a wash", "watercolour", ("Watercolour",)),
        ("fewer, thinner lines", "cartoon", ("fewer lines", "thinner lines")),
        ("I'd like fewer, flatter colours", "cartoon", ("fewer colours", "less shading")),
        ("film noir", "cartoon", ("black and white",)),
        ("a woodcut", "comic_ink", ("Comic ink",)),
        ("vector art", "poster", ("Poster",)),
        ("a caricature of my boss", "cartoon", ("Cartoon",)),
    ],
)
def test_what_artists_say(text: str, look: str, understood: tuple[str, ...]) -> None:
    found = read(text)
    assert (found.look, found.understood) == (look, understood)
