"""Words that an instruction may hold without meaning anything, and other names of the looks."""

from __future__ import annotations

from collections.abc import Mapping


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(text.split("|"))


DETERMINERS = _set(
    "the a an my its it s their his her our your this these those all any of each every both such"
    " same overall whole entire"
)
"""May stand between an adjective and the thing it is about."""

LINKS = _set(
    "is are be being been was were should must shall will would look looks looking appear appears"
    " appearing seem seems seeming become becomes becoming get gets getting stay remain feel feels"
)
"""Verbs between a thing and what is said about it: "the lines should be bold"."""

WHOLE = _set(
    "it image images picture pictures photo photos photograph photographs pic pics shot snapshot"
    " selfie portrait scene everything result output drawing painting version look style"
)
"""What the whole picture is called."""

PLACES = _set("in on at around behind near under above inside within across along")
"""Prepositions that tie an adjective to a place, not found here: "darker in the sky"."""

ACTIONS = _set("change alter modify touch replace swap give affect put")
"""Verbs that belong to what follows where that is not understood: "give him a hat"."""

CHANGING = _set("change alter modify touch affect")

FILLERS = (
    DETERMINERS
    | LINKS
    | WHOLE
    | _set("""
    i me we us you he she they them him one ones someone anyone
    and or but to too into as in by for from at with within like likes liked than then also just
    only even so that which who there here now up out over again back please pls plz kindly thanks
    thank thx cheers hi hello hey ok okay yes yeah oh well maybe perhaps simply actually basically
    if possible possibly can could may might do does did done have has had having let lets need
    needs needed want wants wanted wish wanna gonna going go try using use used help just able
    make makes making made turn turns turning turned convert converts converting converted
    conversion transform transforms transforming transformed transformation create creates creating
    created creation generate generates generating generated generation produce producing produced
    render renders rendering rendered rendition redo redraw redrawn redrawing draw draws drawing
    paint paints painting painted apply applies applying applied application perform performing
    process processing processed edit edits editing edited adapt adapted adaptation reimagine
    reimagined reimagining reinterpret interpretation interpret depict depicting depicted depiction
    represent representing represented representation recreate recreating recreated present
    stylise stylised stylising stylisation style styles styled styling give gives giving given
    take takes taking show shows showing display provide provided design craft build bring come
    comes end set adjust translate translated morph visualise visualised illustrate illustrated
    illustration illustrations illustrating get change changed changes set
    following follows follow below attached uploaded input source original originals real
    natural real life normal ordinary regular current existing photographic photography
    fashion manner way kind type sort form format mode effect effects filter filters treatment
    aesthetic aesthetics vibe vibes mood feeling theme themed touch appearance finish finished
    art artwork artistic piece work works graphic graphics print printed page pages panel
    panels frame frames still variant variation inspired based similar esque ish ified
    nice nicely good beautiful beautifully pretty lovely cool awesome great amazing fun funny best
    better perfect proper properly fine really truly quite rather particularly especially total
    bit lot amount number level degree count value setting settings most at least than no more
    much more no less up to exactly around about approximately roughly max using consisting
    quick quickly fast immediately asap soon today still while when see what how
    where id ill im ive whats thats heres youd youll though tho however yet
    because since very own bits whole thing things something anything everything
    """)
)

FILLER_PHRASES = _phrases(
    "no more than|not more than|fewer than|less than|at most|more or less|a line of|one line of"
    "|thank you very much|thanks a lot|in the style of|in the manner of|not only|if you can"
    "|the look of|no less"
)
"""Fillers whose words would mean something alone."""

LOOK_WORDS: Mapping[str, tuple[str, ...]] = {
    "cartoon": (
        "cartoonized",
        "cartoonizing",
        "cartoonizes",
        "cartoonization",
        "cartoonification",
        "cartoonify",
        "cartoonified",
        "cartoonifying",
        "cartooned",
        "cartooning",
        "cartoony",
        "cartoon like",
        "cartoonlike",
        "toonify",
        "toonified",
        "toonized",
        "toonize",
        "cel shaded",
        "cel shading",
        "cell shaded",
        "cell shading",
        "animated cartoon",
        "animated film",
        "animated movie",
    ),
    "comic_ink": (
        "ink drawing",
        "ink sketch",
        "ink painting",
        "pen drawing",
        "pen sketch",
        "comicbook",
        "comic panel",
        "comic page",
        "comic style",
        "comic art",
        "pen and ink drawing",
        "pen and ink sketch",
        "ink and pen",
    ),
    "pencil_sketch": (
        "sketched",
        "sketching",
        "pencilled",
        "penciled",
        "pencil art",
        "line art",
        "lineart",
        "line drawing",
        "charcoal",
        "charcoal drawing",
        "charcoal sketch",
        "drawing pencil",
        "graphite drawing",
        "graphite sketch",
    ),
    "watercolour": ("watercolour painting", "watercolour sketch", "aquarelle painting"),
    "poster": ("screen printed", "screenprinted", "posterize", "posterized", "popart"),
    "pastel": (
        "oil pastel",
        "chalk drawing",
        "pastel drawing",
        "pastel painting",
        "crayon drawing",
    ),
    "manga": (
        "screen tone",
        "manga comic",
        "halftone dots",
        "screentone dots",
        "manga drawing",
        "manga sketch",
        "half tone",
    ),
}
"""Further words for the looks that the app brings, by id: inflections, and compounds whose parts
would name another look."""

WEAK_LOOK_WORDS = _phrases(
    "drawing|drawings|hand drawn|handdrawn|animated|animation|animations|wash|line art|lineart"
    "|line drawing|line drawings"
)
"""Names of a look that give way to any other: "a cartoon drawing" is a cartoon."""

GENERAL_LOOK_WORDS = _phrases(
    "cartoonize|cartoonise|cartoonized|cartoonizing|cartoonizes|cartoonization|cartoonification"
    "|cartoonify|cartoonified|cartoonifying|cartooning|toonify|toonified|toonize|toonized"
)
"""What the app is for: "cartoonize this as a watercolour" names one look only."""

LOOKS_AND_ASPECTS: Mapping[str, str] = {
    "ink": "lines",
    "line art": "lines",
    "lineart": "lines",
    "line drawing": "lines",
    "screentone": "grain",
    "halftone": "grain",
}
"""Names of looks that are an aspect after an adjective or an amount: "bolder ink", "no ink"."""

OFTEN_MISTYPED = _set(
    "image picture photo photograph following please version transform convert illustration"
)
"""Fillers that are put right where they are mistyped; others might hide a wish."""

NEVER_TYPOS = _set(
    """
    abstracts backer booted booting boots brooks cleaners cleansing clearing complexes conics
    contacted contracted contracting contracts cosmic covert cutter dedicate dimmers drains flattery
    hardener hatchling incredible lightning linear magna manas outlives overlay paste paster pester
    planer pleased points poser potter preserver retrain richter seeker sender shaped shaper shared
    sharpener shaving simmer simplex skinner softener soothing stokes stranded strands stranger
    stringer stripe stripes stripy thinking ticker tidies waiter walter waters
    """
)
"""Words of their own that one slip of the finger parts from a word that means something here."""
