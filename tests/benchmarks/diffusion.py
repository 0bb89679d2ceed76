"""How long and how much the diffusion engine computes, beside diffusers' own pipeline.

    python tests/benchmarks/diffusion.py [--model FOLDER] [--size 512] [--rounds 2]
        [--device auto|cpu|cuda|mps] [--contenders NAME...] [--keep FOLDER]

Without --model it makes one of Stable Diffusion 1.5's size out of random numbers (2 GB, in a
temporary folder, or in --keep). All contenders run turn by turn in one process, on one photo and
the very same modules:

    stock         diffusers' StableDiffusionInstructPix2PixPipeline at its defaults with the Euler
                  ancestral scheduler of InstructPix2Pix: 100 steps of three rows
    stock-20      the same with DPM-Solver++ 2M and 20 steps
    exact-20      ours, exact, at those settings
    balanced, fast, draft   ours, at their defaults

Printed are, for each: the UNet's rows, its operations and those of all parts (counted in a round of
its own where there is more than one, as counting costs time); seconds, the best of all rounds; the
highest memory of the process, or of the graphics card; and what previews took of the time. The
floor is how long the operations would take at the speed of the fastest convolution or product of
matrices found here. On a processor 100 steps at 512 pixels take a quarter of an hour; the ratios at
--size 256 differ little. Ctrl-C ends it with what was measured by then.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("GOMP_SPINCOUNT", "5000")  # as our child process has it; read by torch

import numpy as np
import psutil
import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

import cv2
from diffusers.pipelines.stable_diffusion.pipeline_stable_diffusion_instruct_pix2pix import (
    StableDiffusionInstructPix2PixPipeline,
)
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_euler_ancestral_discrete import EulerAncestralDiscreteScheduler
from PIL import Image

from desktop_app.core.extent import Extent
from desktop_app.core.photo import RgbImage
from desktop_app.core.request import Request
from desktop_app.engines.diffusion import studio as studio_module
from desktop_app.engines.diffusion.cost import memory_bytes, steps_work, work_of
from desktop_app.engines.diffusion.device import ChosenDevice, choose_device
from desktop_app.engines.diffusion.loop import StepResult
from desktop_app.engines.diffusion.photo_in import ModelPhoto
from desktop_app.engines.diffusion.plan import plan_of
from desktop_app.engines.diffusion.preview import Previews
from desktop_app.engines.diffusion.shelf import Shelf
from desktop_app.engines.diffusion.studio import Studio
from desktop_app.models.layout import ModelLayout, read_layout
from tests.benchmarks.common import sample_photos
from tests.benchmarks.large_model import large_model
from tests.engines.diffusion.operations import operations_counter

INSTRUCTION = "Cartoonize the following image"
_SAMPLE_S = 0.02


@dataclass
class Figures:
    """What one contender took.

    Attributes:
        rows: of the UNet, wherever it was asked as a whole.
        unet: operations of the UNet, in whole passes and in parts of it.
        all: operations of everything.
        expected: operations of the UNet as our estimate has them; 0 for diffusers.
        memory_bytes: highest of the process, or of the graphics card.
        expected_bytes: the same as our estimate has it; 0 for diffusers.
        seconds: of each round that was not counted.
        previews_s: of those, for previews.
    """

    rows: int = 0
    unet: float = 0.0
    all: float = 0.0
    expected: float = 0.0
    memory_bytes: int = 0
    expected_bytes: int = 0
    seconds: list[float] = field(default_factory=list)
    previews_s: float = 0.0


class Bench:
    """One model in memory, for diffusers and for us."""

    def __init__(self, folder: Path, chosen: ChosenDevice, size_px: int) -> None:
        self.chosen = chosen
        self.layout: ModelLayout = read_layout(folder)
        self.shelf = Shelf(chosen)
        self.pixels = _photo(size_px)
        start = time.perf_counter()
        self.loaded = self.shelf.model(
            self.layout,
            chosen.dtype,
            texts=[],
            with_safety_checker=False,
            on_bytes=lambda _done, _total: None,
            check=lambda: None,
        )
        self.load_s = time.perf_counter() - start
        self.studio = Studio(chosen)
        self.studio._shelf = self.shelf
        parts: Any = self.loaded.parts
        kind: Any = StableDiffusionInstructPix2PixPipeline
        self.stock_pipeline = kind(
            vae=parts.vae,
            text_encoder=parts.text_encoder,
            tokenizer=parts.tokenizer,
            unet=parts.unet,
            scheduler=EulerAncestralDiscreteScheduler.from_config(parts.scheduler_config),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
        self.stock_pipeline.set_progress_bar_config(disable=True)

    def stock(self, scheduler_class: Any, **settings: Any) -> None:
        """Run diffusers' pipeline."""
        pipeline = self.stock_pipeline
        pipeline.scheduler = scheduler_class.from_config(self.loaded.parts.scheduler_config)
        generator = torch.Generator("cpu").manual_seed(0)
        photo = Image.fromarray(self.pixels)
        pipeline(INSTRUCTION, image=photo, generator=generator, output_type="np", **settings)

    def ours(self, request: Request) -> None:
        """Run our engine's loop, with nothing remembered of the photo and the words."""
        self.loaded.encoders = type(self.loaded.encoders)()
        height, width = self.pixels.shape[:2]
        photo = ModelPhoto(self.pixels, Extent(width, height))
        self.studio.run(self.layout, plan_of(request, self.layout), photo, _Silent())

    def expected(self, request: Request) -> float:
        """Return how much the UNet is expected to compute."""
        height, width = self.pixels.shape[:2]
        plan = plan_of(request, self.layout)
        return steps_work(
            plan, self.layout, work_of(self.layout, Extent(width, height), plan.savings)
        )

    def expected_memory(self, request: Request) -> int:
        """Return how much memory a run is expected to take, the model's own included."""
        height, width = self.pixels.shape[:2]
        plan, extent = plan_of(request, self.layout), Extent(width, height)
        return memory_bytes(self.layout, plan, extent, self.chosen.precision)


class _Silent:
    """Listens to a run and says nothing."""

    def loading(self, done_bytes: int, total_bytes: int) -> None:
        pass

    def stepped(self, step: int, total: int, preview: RgbImage, rest_s: float) -> None:
        pass

    def check(self) -> None:
        pass


class _Peak:
    """Watches how much memory is in use meanwhile."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._process = psutil.Process()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.highest = 0

    def __enter__(self) -> _Peak:
        if self._device.type == "cuda":
            torch.cuda.reset_peak_memory_stats()
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self._thread.join()
        if self._device.type == "cuda":
            torch.cuda.synchronize()
            self.highest = torch.cuda.max_memory_allocated()

    def _watch(self) -> None:
        while not self._done.wait(_SAMPLE_S):
            self.highest = max(self.highest, self._now())

    def _now(self) -> int:
        if self._device.type == "cuda":
            return int(torch.cuda.memory_allocated())
        return int(self._process.memory_info().rss)


class _TimedPreviews(Previews):
    """Writes down how long previews take."""

    spent_s = 0.0

    def of(self, result: StepResult) -> RgbImage:
        start = time.perf_counter()
        preview = super().of(result)
        _TimedPreviews.spent_s += time.perf_counter() - start
        return preview


def contenders(bench: Bench) -> dict[str, Callable[[], None]]:
    """Return what is compared, by name."""
    runs: dict[str, Callable[[], None]] = {
        "stock": lambda: bench.stock(EulerAncestralDiscreteScheduler),
        "stock-20": lambda: bench.stock(DPMSolverMultistepScheduler, num_inference_steps=20),
    }
    for name, request in OURS.items():
        runs[name] = lambda request=request: bench.ours(request)  # type: ignore[misc]
    return runs


OURS = {
    "exact-20": Request(INSTRUCTION, mode="exact", steps=20, scheduler="dpm++2m", seed=0),
    **{name: Request(INSTRUCTION, mode=name, seed=0) for name in ("balanced", "fast", "draft")},
}


def measure(bench: Bench, run: Callable[[], None], figures: Figures, *, counts: bool) -> None:
    """Run once and write down what it took."""
    counter = operations_counter()
    unet = bench.loaded.parts.unet
    rows = 0

    def on_call(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal rows
        rows += len(args[0] if args else kwargs["sample"])

    hook = unet.register_forward_pre_hook(on_call, with_kwargs=True)
    _TimedPreviews.spent_s = 0.0
    try:
        with _Peak(bench.chosen.device) as peak, counter if counts else nullcontext():
            start = time.perf_counter()
            run()
            _wait(bench.chosen.device)
            seconds = time.perf_counter() - start
    finally:
        hook.remove()
    if counts:
        figures.rows = rows
        figures.all = float(counter.get_total_flops())
        figures.unet = figures.all - _around(bench)
    figures.memory_bytes = max(figures.memory_bytes, peak.highest)
    if not figures.seconds or seconds < min(figures.seconds):
        figures.previews_s = _TimedPreviews.spent_s
    figures.seconds.append(seconds)


def _around(bench: Bench) -> float:
    """Return the operations of what is not the UNet: two texts, the photo in, the picture out."""
    parts: Any = bench.loaded.parts
    device, dtype = bench.chosen.device, bench.loaded.dtype
    height, width = bench.pixels.shape[:2]
    factor = bench.layout.scale_factor
    latents = (1, bench.layout.latent_channels, height // factor, width // factor)
    counter = operations_counter()
    with torch.inference_mode(), counter:
        parts.vae.encode(torch.zeros((1, 3, height, width), device=device, dtype=dtype))
        parts.vae.decode(torch.zeros(latents, device=device, dtype=dtype))
        words = torch.zeros((2, parts.tokenizer.model_max_length), dtype=torch.long, device=device)
        parts.text_encoder(words)
    return float(counter.get_total_flops())


def best_speed(chosen: ChosenDevice) -> float:
    """Return how many operations in a second the fastest of what a UNet does reaches here."""
    device, dtype = chosen.device, chosen.dtype
    matrix = torch.randn(4096, 4096, device=device, dtype=dtype)
    image = torch.randn(2, 640, 64, 64, device=device, dtype=dtype)
    convolution = torch.nn.Conv2d(640, 640, 3, padding=1, device=device, dtype=dtype)
    works: list[tuple[Callable[[], object], float]] = [
        (lambda: matrix @ matrix, 2.0 * 4096**3),
        (lambda: convolution(image), 2.0 * 640 * 640 * 9 * 64 * 64 * 2),
    ]
    speeds: list[float] = []
    with torch.inference_mode():
        for work, operations in works:
            for _ in range(5):
                start = time.perf_counter()
                work()
                _wait(device)
                speeds.append(operations / (time.perf_counter() - start))
    return max(speeds)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
    elif device.type == "mps":
        torch.mps.synchronize()


def _photo(size_px: int) -> RgbImage:
    photo = cv2.resize(sample_photos()[0], (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(photo, np.uint8)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="the diffusion engine beside diffusers")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--keep", type=Path, help="where the made model is kept")
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--device", default="auto")
    names = ("stock", "stock-20", *OURS)
    parser.add_argument("--contenders", nargs="+", choices=names, default=names)
    arguments = parser.parse_args()
    chosen = choose_device(arguments.device, None)
    print(f"{chosen.name}, {chosen.precision}, {torch.get_num_threads()} threads", flush=True)
    setattr(studio_module, "Previews", _TimedPreviews)  # noqa: B010 - mypy wants it so
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or large_model(arguments.keep or Path(folder, "model"))
        bench = Bench(model, chosen, arguments.size)
        print(
            f"loaded {bench.layout.weight_bytes / 1e9:.2f} GB in {bench.load_s:.1f} s", flush=True
        )
        found = _rounds(bench, list(arguments.contenders), arguments.rounds)
    _tell(found, best_speed(chosen))


def _rounds(bench: Bench, names: list[str], rounds: int) -> dict[str, Figures]:
    runs = contenders(bench)
    found = {name: Figures() for name in names}
    turns = [(number, name) for number in range(rounds) for name in names]
    with suppress(KeyboardInterrupt):
        for number, name in turns:
            measure(bench, runs[name], found[name], counts=number == 0)
            if name in OURS:
                found[name].expected = bench.expected(OURS[name])
                found[name].expected_bytes = bench.expected_memory(OURS[name])
            print(f"round {number + 1} {name:9} {found[name].seconds[-1]:7.1f} s", flush=True)
    for figures in found.values():
        if len(figures.seconds) > 1:
            del figures.seconds[0]  # counted meanwhile
    return {name: figures for name, figures in found.items() if figures.seconds}


def _tell(found: dict[str, Figures], speed: float) -> None:
    base = found.get("stock") or next(iter(found.values()))
    print(f"\nfastest speed found: {speed / 1e12:.3f} TFLOP/s")
    print(
        f"{'':9} {'rows':>5} {'UNet TF':>8} {'1/':>5} {'all TF':>7} {'s':>7} {'1/':>5}"
        f" {'floor s':>8} {'GB':>5} {'previews':>8} {'estimated':>9}"
    )
    for name, figures in found.items():
        seconds = min(figures.seconds)
        estimate = ""
        if figures.expected:
            work = figures.expected / 1e12
            estimate = f" {work:8.2f} TF, {figures.expected_bytes / 1e9:.2f} GB"
        print(
            f"{name:9} {figures.rows:5} {figures.unet / 1e12:8.2f} {base.unet / figures.unet:5.1f}"
            f" {figures.all / 1e12:7.2f} {seconds:7.1f} {min(base.seconds) / seconds:5.1f}"
            f" {figures.all / speed:8.1f} {figures.memory_bytes / 1e9:5.2f}"
            f" {figures.previews_s / seconds:8.2%}{estimate}"
        )


if __name__ == "__main__":
    main()
