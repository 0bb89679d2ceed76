"""The studio: what is kept, and what it does when memory or precision run out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from desktop_app.core.errors import ExitCode, JobCancelled, ModelError, OutOfMemory
from desktop_app.core.extent import Extent
from desktop_app.core.request import Request
from desktop_app.engines.diffusion import safety
from desktop_app.engines.diffusion.device import ChosenDevice
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.engines.diffusion.plan import plan_of
from desktop_app.engines.diffusion.shelf import Loaded
from desktop_app.engines.diffusion.studio import Picture, Studio
from desktop_app.models.layout import ModelLayout, read_layout
from tests.engines.diffusion import tiny

# Some schedulers of diffusers give tensors to NumPy in a way that NumPy 2 warns of.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PIXELS = np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
REQUEST = Request(mode="exact", steps=2, scheduler="dpm++2m")


class Witness:
    """Listens, and cancels where it is told to."""

    def __init__(self) -> None:
        self.steps = 0
        self.loads = 0
        self.is_cancelled = False

    def loading(self, done_bytes: int, total_bytes: int) -> None:
        self.loads += done_bytes == total_bytes

    def stepped(self, *_step: Any) -> None:
        self.steps += 1

    def check(self) -> None:
        if self.is_cancelled:
            raise JobCancelled


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> ModelLayout:
    folder: Path = tmp_path_factory.mktemp("models") / "tiny"
    return read_layout(tiny.save(tiny.make_pipeline(0, with_safety_checker=True), folder))


@pytest.fixture
def studio() -> Studio:
    return Studio(ChosenDevice(torch.device("cpu"), "CPU", torch.float32))


@pytest.fixture
def half_studio() -> Studio:
    return Studio(ChosenDevice(torch.device("cpu"), "CPU", torch.bfloat16))


def develop(
    studio: Studio, layout: ModelLayout, request: Request = REQUEST, witness: Any = None
) -> Picture:
    photo = ModelPhoto(PIXELS, Extent(64, 48))
    return studio.run(layout, plan_of(request, layout), photo, witness or Witness())


def loaded(studio: Studio) -> Loaded:
    """Return the model that the studio holds now."""
    model = studio._shelf._loaded
    assert model is not None
    return model


def wrap(module: Any, method: str, before: Callable[..., None]) -> None:
    """Have `before` called with what `method` of this one module is called with."""
    original = getattr(module, method)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before(*args, **kwargs)
        return original(*args, **kwargs)

    setattr(module, method, wrapped)


def out_of_memory() -> None:
    raise torch.OutOfMemoryError("CUDA out of memory")


def rows_of(*args: Any, **kwargs: Any) -> int:
    return len(args[0] if args else kwargs["sample"])


def test_what_was_encoded_once_is_not_encoded_again(studio: Studio, layout: ModelLayout) -> None:
    first = develop(studio, layout)
    calls: list[str] = []
    parts: Any = loaded(studio).parts
    wrap(parts.vae, "encode", lambda *_args, **_kwargs: calls.append("photo"))
    wrap(parts.text_encoder, "forward", lambda *_args, **_kwargs: calls.append("words"))
    assert np.array_equal(develop(studio, layout).pixels, first.pixels)
    assert calls == []
    develop(studio, layout, Request(mode="exact", steps=2, instruction="Draw it in ink"))
    assert calls == ["words"]


def test_rows_go_one_by_one_where_all_at_once_do_not_fit(
    studio: Studio, layout: ModelLayout
) -> None:
    whole = develop(studio, layout)
    seen: list[int] = []

    def before(*args: Any, **kwargs: Any) -> None:
        seen.append(rows_of(*args, **kwargs))
        if seen[-1] > 1:
            out_of_memory()

    wrap(loaded(studio).parts.unet, "forward", before)
    found = develop(studio, layout)
    assert seen == [3, 1, 1, 1, 1, 1, 1]
    assert np.abs(found.pixels.astype(int) - whole.pixels.astype(int)).max() <= 1
    assert found.remarks == ()


def test_a_picture_gets_smaller_where_nothing_else_helps_and_that_is_said(
    studio: Studio, layout: ModelLayout
) -> None:
    develop(studio, layout)

    def before(sample: torch.Tensor, *_args: Any, **_kwargs: Any) -> None:
        if sample.shape[-1] > 26:  # latents are half as wide as the picture
            out_of_memory()

    wrap(loaded(studio).parts.unet, "forward", before)
    found = develop(studio, layout)
    assert found.pixels.shape == (36, 48, 3)
    assert found.remarks == ("Memory ran out, so the model worked at 48 × 36 pixels.",)
    # The text encoder was let go on the way; it comes back for words that are new.
    assert loaded(studio).parts.text_encoder is None
    witness = Witness()
    other = Request(mode="exact", steps=1, instruction="Something else")
    assert develop(studio, layout, other, witness).pixels.shape == (48, 64, 3)
    assert witness.loads == 1


def test_when_nothing_helps_the_memory_is_given_back_and_it_is_said(
    studio: Studio, layout: ModelLayout
) -> None:
    develop(studio, layout)
    wrap(loaded(studio).parts.unet, "forward", lambda *_args, **_kwargs: out_of_memory())
    with pytest.raises(OutOfMemory, match="not enough memory") as caught:
        develop(studio, layout)
    assert caught.value.code is ExitCode.OUT_OF_MEMORY
    assert studio._shelf._loaded is None
    assert develop(studio, layout).pixels.shape == (48, 64, 3)


def test_the_autoencoder_goes_tile_by_tile_where_memory_is_short(
    studio: Studio, layout: ModelLayout
) -> None:
    whole = develop(studio, layout)
    vae: Any = loaded(studio).parts.vae
    tried: list[bool] = []

    def before(*_args: Any, **_kwargs: Any) -> None:
        tried.append(vae.use_tiling)
        if not vae.use_tiling:
            out_of_memory()

    wrap(vae, "decode", before)
    found = develop(studio, layout)
    assert tried == [False, True]
    assert not vae.use_tiling
    # Tiles see less of what is around them, so that the numbers differ, but not the picture.
    assert np.abs(found.pixels.astype(int) - whole.pixels.astype(int)).mean() < 16


def test_half_precision_that_runs_out_of_bounds_is_done_again_in_full(
    half_studio: Studio, layout: ModelLayout
) -> None:
    request = Request(mode="balanced", steps=2, working_size_px=64)
    develop(half_studio, layout, request)
    half = loaded(half_studio)
    assert half.dtype == torch.bfloat16
    half.parts.unet.register_forward_hook(
        lambda _module, _args, output: tuple(part * float("nan") for part in output)
    )
    found = develop(half_studio, layout, request)
    assert loaded(half_studio).dtype == torch.float32
    full = Studio(ChosenDevice(torch.device("cpu"), "CPU", torch.float32))
    assert np.array_equal(found.pixels, develop(full, layout, request).pixels)


def test_rows_that_go_wrong_together_are_tried_one_by_one_where_that_may_help(
    half_studio: Studio, layout: ModelLayout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ChosenDevice, "doubts_batches", True)
    request = Request(mode="balanced", steps=2, working_size_px=64)
    good = develop(half_studio, layout, request)
    half = loaded(half_studio)
    seen: list[int] = []

    def spoil(_module: Any, args: Any, output: Any) -> Any:
        seen.append(len(args[0]))
        return tuple(part * float("nan") for part in output) if len(args[0]) > 1 else output

    half.parts.unet.register_forward_hook(spoil)
    found = develop(half_studio, layout, request)
    assert seen == [3, 3, 1, 1, 1, 1, 1, 1]
    assert loaded(half_studio) is half
    assert np.abs(found.pixels.astype(int) - good.pixels.astype(int)).mean() < 4


@pytest.mark.parametrize("value", [float("nan"), -1.0])
def test_an_autoencoder_that_overflows_is_asked_again_in_full_precision(
    half_studio: Studio, layout: ModelLayout, value: float
) -> None:
    request = Request(mode="balanced", steps=2, working_size_px=64)
    good = develop(half_studio, layout, request)
    model = loaded(half_studio)
    dtypes: list[torch.dtype] = []

    def overflow(module: Any, _args: Any, output: Any) -> Any:
        dtypes.append(output.dtype)
        return torch.full_like(output, value) if output.dtype == torch.bfloat16 else output

    model.parts.vae.decoder.register_forward_hook(overflow)
    found = develop(half_studio, layout, request)
    assert dtypes == [torch.bfloat16, torch.float32]
    assert loaded(half_studio) is model
    assert model.parts.vae.dtype == torch.bfloat16
    assert np.abs(found.pixels.astype(int) - good.pixels.astype(int)).mean() < 4


def test_a_black_picture_in_full_precision_is_a_black_picture(
    studio: Studio, layout: ModelLayout
) -> None:
    develop(studio, layout)
    loaded(studio).parts.vae.decoder.register_forward_hook(
        lambda _module, _args, output: torch.full_like(output, -1.0)
    )
    found = develop(studio, layout)
    assert not found.pixels.any()
    assert found.remarks == ()


def test_a_model_that_gives_no_numbers_is_named(studio: Studio, layout: ModelLayout) -> None:
    develop(studio, layout)
    loaded(studio).parts.unet.register_forward_hook(
        lambda _module, _args, output: tuple(part * float("nan") for part in output)
    )
    with pytest.raises(ModelError, match=layout.title):
        develop(studio, layout)


@pytest.mark.parametrize("wanted", [False, True])
def test_a_picture_that_the_checker_blanks_is_said_to_be_blanked(
    studio: Studio, layout: ModelLayout, wanted: bool
) -> None:
    request = Request(mode="exact", steps=2, safety_check=wanted)
    clean = develop(studio, layout, request)
    assert clean.remarks == ()
    checker: Any = loaded(studio).parts.safety_checker
    assert (checker is not None) == wanted
    if wanted:
        # Below its own threshold everything is something that nobody may see.
        checker.concept_embeds_weights.data.fill_(-2.0)
    found = develop(studio, layout, request)
    assert found.pixels.any() != wanted
    assert found.remarks == ((safety.BLANKED,) if wanted else ())


def test_a_run_is_cancelled_in_the_middle_of_a_step(studio: Studio, layout: ModelLayout) -> None:
    develop(studio, layout)
    witness = Witness()
    seen: list[int] = []

    def before(*_args: Any, **_kwargs: Any) -> None:
        seen.append(1)
        witness.is_cancelled = len(seen) == 2

    unet: Any = loaded(studio).parts.unet
    wrap(unet, "forward", before)
    passed: list[int] = []
    unet.up_blocks[-1].register_forward_hook(lambda *_args: passed.append(1))
    with pytest.raises(JobCancelled):
        develop(studio, layout, witness=witness)
    assert (witness.steps, len(seen), len(passed)) == (1, 2, 1)
    del unet.forward
    assert develop(studio, layout).pixels.shape == (48, 64, 3)
