"""The words that the grammar knows, as tables. British spelling; `words` folds American."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

A_LITTLE, PLAIN, MUCH = 0.5, 1.0, 2.0

# --- aspects: what a modifier is about -------------------------------------------------------


def _split(text: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in text.split("|"))


ASPECTS: Mapping[str, tuple[str, ...]] = {
    "lines": _split(
        "lines|line|outlines|outline|outlining|contours|contour|strokes|stroke|edges|edge|linework"
        "|line work|brush strokes|brushstrokes|pen strokes|pencil strokes|pen lines|pencil lines"
        "|ink lines|inked lines|ink outlines|inked outlines|line amount|number of lines"
    ),
    "line_width": _split(
        "line width|line weight|line thickness|outline width|outline thickness|stroke width"
        "|stroke weight|stroke thickness|pen width|lines width|lines thickness|thickness|line size"
        "|width of lines|width of the lines|weight of lines|weight of the lines|thickness of lines"
        "|thickness of the lines|thickness of the outlines|thickness of outlines"
    ),
    "line_darkness": _split(
        "line darkness|darkness of the lines|darkness of lines|line opacity|line strength"
        "|strength of the lines|outline darkness|blackness of the lines"
    ),
    "colours": _split(
        "colours|hues|number of colours|amount of colours|count of colours|colour count"
    ),
    "colour": _split("colour|colouring|colouration|palette|colour palette|colour scheme"),
    "tones": _split("tones|tone steps|tonal steps|tone levels|tonal levels|tone|shades"),
    "detail": _split("detail|details|detailing|level of detail|fine detail|fine details|clutter"),
    "vividness": _split(
        "vividness|saturation|vibrance|vibrancy|colourfulness|colour saturation|colour intensity"
        "|intensity of the colours|saturation of the colours|chroma"
    ),
    "contrast": _split("contrast|contrasts"),
    "shading": _split("shading|shadows|shadow|shadowing|modelling|hatching|crosshatching"),
    "grain": _split(
        "grain|texture|textures|paper|paper texture|paper grain|noise|film grain|canvas texture"
        "|graininess|screentone dots|dots"
    ),
    "brightness": _split("brightness|exposure|luminosity|lightness|luminance"),
    "softness": _split("softness"),
    "smoothness": _split("smoothness|smoothing"),
}

AMOUNT_AXES: Mapping[str, str] = {
    "lines": "amount",
    "line_width": "width",
    "line_darkness": "ink",
    "colour": "vividness",
}
"""Axis that "more" and "less" of an aspect go along, where it is not the aspect's own name."""

# --- qualities: adjectives and verbs ---------------------------------------------------------

Sense = tuple[str, int]
"""An axis and a direction, +1 up, -1 down."""


@dataclass(frozen=True)
class Quality:
    """What an adjective means.

    Attributes:
        adjectives: base forms; comparatives and superlatives are built from them.
        verbs: words that make things so ("darken").
        alone: what it means for the whole picture; None where it means nothing alone.
        about: what it means for an aspect.
        sign: for any other aspect, more (+1) or less (-1) of it; 0 for `alone` instead.
    """

    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]
    alone: Sense | None
    about: Mapping[str, Sense]
    sign: int = 0


def _quality(
    adjectives: str, verbs: str, alone: Sense | None, sign: int = 0, **about: Sense
) -> Quality:
    both = {"colour": about["colours"]} if "colours" in about else {}
    return Quality(
        _split(adjectives), tuple(v for v in _split(verbs) if v), alone, {**both, **about}, sign
    )


_WIDER, _THINNER = ("width", 1), ("width", -1)
_INKIER, _FAINTER = ("ink", 1), ("ink", -1)
_BRIGHTER, _DARKER = ("brightness", 1), ("brightness", -1)
_VIVID, _PALE = ("vividness", 1), ("vividness", -1)

QUALITIES: tuple[Quality, ...] = (
    _quality("bold|thick|fat|chunky", "thicken|embolden", _WIDER, +1, lines=_WIDER, colours=_VIVID),
    _quality(
        "thin|finer|finest",
        "thin out",
        _THINNER,
        -1,
        lines=_THINNER,
        colours=_PALE,
        detail=("detail", 1),
    ),
    _quality("wide|broad", "widen|broaden", None, +1, lines=_WIDER),
    _quality(
        "fine|slim|narrow|delicate|slender|hairline|skinny",
        "narrow",
        None,
        -1,
        lines=_THINNER,
        detail=("detail", 1),
        grain=("grain", -1),
    ),
    _quality(
        "strong|heavy|deep|big|high|large|massive|pronounced|great|prominent|visible",
        "strengthen|intensify|boost|enhance|emphasise|emphasize|amplify|accentuate|exaggerate",
        None,
        +1,
        lines=_WIDER,
        line_darkness=_INKIER,
        colours=_VIVID,
    ),
    _quality(
        "weak|faint|subtle|low|small|slight|tiny|shallow",
        "weaken|fade|tone down",
        None,
        -1,
        lines=_FAINTER,
        colours=_PALE,
    ),
    _quality(
        "dark|gloomy|dim",
        "darken|dim",
        _DARKER,
        lines=_INKIER,
        shading=("shading", 1),
        colours=_DARKER,
    ),
    _quality("black|inky", "blacken", None, lines=_INKIER, shading=("shading", 1)),
    _quality(
        "light",
        "lighten|lighten up",
        _BRIGHTER,
        lines=_FAINTER,
        shading=("shading", -1),
        colours=_BRIGHTER,
        grain=("grain", -1),
        tones=_BRIGHTER,
        detail=("detail", -1),
    ),
    _quality(
        "bright|sunny|luminous",
        "brighten|brighten up",
        _BRIGHTER,
        lines=_FAINTER,
        colours=_VIVID,
        shading=("shading", -1),
    ),
    _quality(
        "soft|gentle|mellow",
        "soften",
        ("softness", 1),
        -1,
        lines=_FAINTER,
        colours=_PALE,
    ),
    _quality(
        "harsh|hard|crisp|sharp|edgy",
        "sharpen|harden",
        ("softness", -1),
        +1,
        lines=_INKIER,
        colours=_VIVID,
    ),
    _quality(
        "smooth|clean|tidy|sleek",
        "smooth|smoothen|smooth out|clean up",
        ("smoothness", 1),
        lines=("amount", -1),
    ),
    _quality("rough|scratchy|coarse|sketchy", "roughen", ("smoothness", -1), grain=("grain", 1)),
    _quality(
        "detailed|intricate|elaborate|complex",
        "",
        ("detail", 1),
        +1,
        lines=("amount", 1),
        colours=("colours", 1),
    ),
    _quality(
        "simple|simplified|simplistic|minimal|minimalist|minimalistic|abstract|plain|clutter free",
        "simplify|declutter",
        ("detail", -1),
        -1,
        lines=("amount", -1),
        colours=("colours", -1),
    ),
    _quality(
        "vivid|vibrant|saturated|colourful|lively|punchy|rich|intense|juicy|oversaturated",
        "saturate|pop|liven up|enliven|stand out",
        _VIVID,
        +1,
        lines=_INKIER,
        colours=_VIVID,
    ),
    _quality(
        "muted|desaturated|pale|dull|faded|washed out|subdued|toned down|undersaturated|bland",
        "desaturate|mute|wash out|wash the colours out|wash colours out",
        _PALE,
        -1,
        lines=_FAINTER,
        colours=_PALE,
    ),
    _quality("contrasty|contrasted|dramatic|contrasting|high contrast", "", ("contrast", 1), +1),
    _quality("low contrast", "", ("contrast", -1), -1),
    _quality("grainy|textured|gritty|noisy", "", ("grain", 1), grain=("grain", 1)),
    _quality("shaded|shadowy|sculpted", "", ("shading", 1), +1),
    _quality("flat|two dimensional", "flatten", ("shading", -1), -1, colours=("shading", -1)),
    _quality(
        "pastel colours|pastel tones|pastel shades|pastel palette|pastel hues|soft pastel colours"
        "|soft pastel tones|soft pastel shades|soft pastel palette",
        "",
        _PALE,
    ),
    _quality(
        "black and white|black n white|black white|b and w|b w|bw|monochrome|monochromatic"
        "|greyscale|grey scale|colourless|shades of grey|grey tones|noir|film noir|noir et blanc"
        "|completely desaturated|fully desaturated|without any colour",
        "decolourise",
        ("mono", 1),
    ),
    _quality(
        "in colour|in full colour|full colour|coloured|colour version|in colours|fully coloured",
        "colourise|colour in",
        ("mono", -1),
        lines=("mono", -1),
    ),
)

# --- how much --------------------------------------------------------------------------------

MORE, LESS, NONE, MOST = "more", "less", "none", "most"

AMOUNTS: Mapping[tuple[str, float], tuple[str, ...]] = {
    (MORE, 0): _split(
        "more|increase|increased|increasing|raise|raised|up|higher|greater|turn up|dial up|crank up"
        "|pump up|bring up|bring out"
    ),
    (LESS, 0): _split(
        "less|fewer|reduce|reduced|reducing|decrease|decreased|decreasing|lower|cut|lessen|limit"
        "|limited|turn down|dial down|bring down|cut down on|cut back on|minimise"
        "|not as much|not as many|restricted"
    ),
    (LESS, MUCH): _split("very little|very few|hardly any|barely any|fewest|least|minimum"),
    (MOST, MUCH): _split("most|maximum|maximise|max"),
    (NONE, 0): _split(
        "no|none|without|remove|removed|removing|erase|delete|drop|hide|omit|skip|eliminate"
        "|turn off|get rid of|take away|take out|leave out|strip|off|away|zero|without any|not any"
        "|no more|free of|w o|avoid|lose|remove all|remove any|minus|lacking"
    ),
}
"""Words that say how much of an aspect; with a degree of their own where it is not 0."""

ADDING = _split(
    "add|added|adding|draw|drawn|use|using|with|having|featuring|include|including|show"
    "|showing|put|has|have|on|not enough|too little|too few|plus|featuring|give it"
)
"""Words that bring an aspect in: "add shading". Before an adjective they say nothing."""

MANY: Mapping[float, tuple[str, ...]] = {
    PLAIN: _split("many|multiple|numerous|dense|several|various"),
    MUCH: _split(
        "lots of|a lot of|plenty of|tons of|loads of|a ton of|heaps of|so many|very many|so much"
        "|a great deal of|many many|lots and lots of"
    ),
    A_LITTLE: _split(
        "some|a bit of|a little bit of|a touch of|a hint of|a dash of|a few more|some more"
    ),
}
"""Words that say that there is much of an aspect."""

SPARSE = _split("few|only a few|just a few|a few|sparse|only few|a handful of")
TOO_MUCH = _split("too many|too much|way too many|way too much|far too many|far too much")

DEGREES: Mapping[float, tuple[str, ...]] = {
    A_LITTLE: _split(
        "a little|a tiny bit|a teeny bit|a tiny little bit|slightly"
        "|a bit|somewhat|a little bit|a touch|a tad|a wee bit|a smidge|mildly"
        "|gently|a shade|moderately|subtly|lightly|ever so slightly|just a bit|just a little|bit"
        "|fairly|marginally|little|kind of|kinda|sort of|gradually"
    ),
    MUCH: _split(
        "much|very|a lot|way|strongly|far|really|lots|considerably|significantly|heavily|super"
        "|extremely|greatly|a great deal|a whole lot|substantially|highly|so much|very much|ultra"
        "|dramatically|noticeably|incredibly|massively|hugely|as possible|to the max|tons|a ton"
        "|completely|totally|drastically|quite a bit|quite a lot|intensely|extra"
    ),
}
TOO = _split("too|overly|excessively|way too|far too|much too")
NEGATIONS = _split("not|dont|do not|never|isnt|arent|shouldnt|should not|no need to|doesnt|wont")
KEEPING = _split("keep|preserve|retain|maintain|keeping|preserving|do not lose|dont lose")

NUMBERS: Mapping[str, int] = {
    word: number
    for number, word in enumerate(
        _split("two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"), start=2
    )
} | {"sixteen": 16, "twenty": 20, "thirty": 30}
