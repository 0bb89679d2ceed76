"""`toonroom train unet`: InstructPix2Pix training.

Source: Brooks, Holynski and Efros, "InstructPix2Pix", CVPR 2023; Paul, "Instruction-tuning Stable
Diffusion with InstructPix2Pix", 2023.
"""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import UsageError
from desktop_app.engines.diffusion.loading import quiet
from desktop_app.imaging.atomic import write_bytes_atomically
from desktop_app.training.averages import RunningAverage
from desktop_app.training.card import HISTORY_NAME, history_of
from desktop_app.training.checkpoints import checkpoints
from desktop_app.training.crops import chance_at, noise_at
from desktop_app.training.dataset import TRAIN, read_pairs
from desktop_app.training.export import save_model
from desktop_app.training.latents import Drawn, LatentStore, subjects_of
from desktop_app.training.lora import melt_in, save_adapters
from desktop_app.training.objective import drawn_times, dropped, noised
from desktop_app.training.parts import InstructedDenoiser, make_parts
from desktop_app.training.phrases import KEEP, load_phrases
from desktop_app.training.reporting import Reporter, Silence
from desktop_app.training.runs import Run, set_rate, stage_at, total_steps
from desktop_app.training.settings import UNetSettings
from desktop_app.training.text import tokens_of
from desktop_app.training.validation import Validation, square

LOOK_WEIGHTS = {"cartoon": 2.0, KEEP: 0.5}
"""How often looks are drawn, where it is not once: the one that is asked for most, most."""

PREVIEW_PICTURES = 48
DEFAULTS = {
    "steps": 1,
    "text_guidance": 1.0,
    "image_guidance": 1.0,
    "smallest_working_px": 512,
}
"""What suits a small model, which reads instructions well and sees its photo clearly.

It was shown noise alone more often than any noised picture, and each step after the first brings
more of its own errors into what it sees. Small photos are enlarged for it: a latent stands for
several pixels, and a line of one pixel is too thin for it. Measured on the starter, for 256 px: at
that size SSIM 0.71 to the teacher, at 384 px 0.77, at 512 px 0.79.
"""

_BETAS = (0.9, 0.999)


def run(settings: UNetSettings, reporter: Reporter, token: CancelToken) -> str:
    """Train, or go on with it, and return a sentence on what came of it.

    Of several processes only the first returns one, the others "".

    Raises:
        JobCancelled: the token was cancelled; a checkpoint was written.
        UsageError: the data set, the model or the run's folder does not fit.
        ModelError: a model is missing or broken.
        PhotoError: something cannot be read or written.
    """
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    with quiet():
        training = Training(settings, reporter, token)
        figures = training.train()
    if not training.leads:
        return ""
    told = ", ".join(f"{name} {value:.4g}" for name, value in figures.items())
    return f"{settings.out / 'model'}: {told}"


class Training:
    """One run, in each of its processes.

    Attributes:
        leads: whether this process is the one that writes and tells.
    """

    def __init__(self, settings: UNetSettings, reporter: Reporter, token: CancelToken) -> None:
        self._settings = settings
        self._token = token
        self._accelerator = Accelerator(mixed_precision=settings.mixed_precision)
        self.leads = self._accelerator.is_main_process
        self._reporter = reporter if self.leads else Silence()
        self._check_batches()
        self._parts = make_parts(settings, goes_on=bool(checkpoints(settings.out)))
        self._parts.vae.to(self._accelerator.device)
        self._store = self._latents()
        self._shares = self._parts.objective.signal_shares().to(self._accelerator.device)
        self._scaling = float(self._parts.vae.config.scaling_factor)
        self._run = Run(settings, self._reporter, token, writes=self.leads)
        self._build()

    def _build(self) -> None:
        """Make what changes from step to step."""
        settings, parts = self._settings, self._parts
        denoiser = InstructedDenoiser(parts.unet, parts.text_encoder, trains_text=parts.is_fresh)
        trained = [p for p in denoiser.parameters() if p.requires_grad]
        optimizer = torch.optim.AdamW(
            trained,
            settings.learning_rate,
            betas=_BETAS,
            weight_decay=settings.weight_decay,
            fused=True,  # without it hundreds of small tensors cost more than they weigh
        )
        self._model, self._optimizer = self._accelerator.prepare(denoiser, optimizer)
        self._bare: Any = self._accelerator.unwrap_model(self._model)
        self._trained = [p for p in self._bare.parameters() if p.requires_grad]
        self._average = RunningAverage(self._trained, settings.ema)
        self._phrases = load_phrases()
        self._figures: dict[str, float] = {}
        self._validation = Validation(settings, parts, self._bare, self._accelerator.device)

    def train(self) -> dict[str, float]:
        """Take the steps that are left, write the model and return its last figures."""
        self._load(self._run.resumed())
        with self._accelerator.main_process_first():
            self._store.prepare(self._reporter, self._token)
        self._run.go(self._step, self._state, self._validate, self._settings.validate_every)
        self._accelerator.wait_for_everyone()
        if not self.leads:
            return {}
        figures = self._figures or self._validate(self._run.step)
        self._average.swap()
        if self._settings.rank is not None:
            save_adapters(self._parts.unet, self._run.folder / "adapters")
            melt_in(self._parts.unet)
        self._save()
        return figures

    def _save(self) -> None:
        """Write the model as its parts are now, and how it came to be."""
        settings, folder = self._settings, self._run.folder / "model"
        targets = sorted({pair.edited for pair in read_pairs(settings.data, TRAIN)})
        some = targets[:: max(1, len(targets) // PREVIEW_PICTURES)][:PREVIEW_PICTURES]
        said = {"title": settings.title, "note": settings.note}
        about: dict[str, Any] = {key: words for key, words in said.items() if words}
        if self._parts.is_fresh:
            about["defaults"] = DEFAULTS
        save_model(folder, self._parts, [square(path) for path in some], about)
        runs = {"the model": self._run.folder, "the data set": settings.data}
        if settings.vae is not None:
            runs["the autoencoder"] = settings.vae.parent
        text = json.dumps(history_of(runs), indent=1) + "\n"
        write_bytes_atomically(folder / HISTORY_NAME, text.encode(), overwrite=True)

    def _step(self, number: int) -> dict[str, float]:
        """Learn from one batch: the same one, however many processes and parts it is cut into."""
        settings = self._settings
        stage = stage_at(settings.stages, number)
        rate = set_rate(
            self._optimizer,
            settings.learning_rate,
            number,
            settings.stages,
            settings.warm_up,
            settings.decay,
        )
        self._model.train()
        batch = _Batch(self, number, stage.crop_px // self._store.factor, stage.batch)
        total = torch.zeros((), device=self._accelerator.device)
        parts = batch.parts(self._accelerator.process_index, self._accelerator.num_processes)
        for index, rows in enumerate(parts):
            waits = index + 1 < len(parts)
            with self._accelerator.no_sync(self._model) if waits else nullcontext():
                loss = batch.loss(rows) / len(parts)
                self._accelerator.backward(loss)
            total += loss.detach()
        norm = self._accelerator.clip_grad_norm_(self._trained, settings.clip)
        self._optimizer.step()
        self._optimizer.zero_grad()
        self._average.update(number)
        mean = self._accelerator.reduce(total, "mean")
        return {"loss": float(mean), "norm": float(norm or 0.0), "rate": rate}

    def _validate(self, number: int) -> dict[str, float]:
        """Return figures of the average; a small model is written too, so that it can be tried."""
        if not self.leads:
            return {}
        self._average.swap()
        try:
            self._figures = self._validation.figures(number)
            if self._parts.is_fresh and number < total_steps(self._settings.stages):
                self._save()
        finally:
            self._average.swap()
        return self._figures

    def _state(self) -> dict[str, Any]:
        scaler = self._accelerator.scaler
        trained = self._bare.named_parameters()
        return {
            "denoiser": {name: value.detach() for name, value in trained if value.requires_grad},
            "average": self._average.values,
            "optimizer": self._optimizer.state_dict(),
            "scaler": None if scaler is None else scaler.state_dict(),
        }

    def _load(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self._bare.load_state_dict(state["denoiser"], strict=False)  # what is frozen is not there
        self._average.load(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        if self._accelerator.scaler is not None and state["scaler"] is not None:
            self._accelerator.scaler.load_state_dict(state["scaler"])

    def _latents(self) -> LatentStore:
        settings = self._settings
        subjects = subjects_of(read_pairs(settings.data, TRAIN))
        folder = settings.cache or settings.out / "latents"
        return LatentStore(folder, subjects, self._parts.vae, settings.scales, flips=settings.flips)

    def _check_batches(self) -> None:
        parts = self._accelerator.num_processes * self._settings.accumulate
        for stage in self._settings.stages:
            if stage.batch % parts:
                raise UsageError(
                    f"A batch of {stage.batch} cannot be cut into {parts} equal parts (processes"
                    " times --accumulate); choose another size."
                )


class _Batch:
    """The pairs of one step, and all that is random about it: drawn from the step's number."""

    def __init__(self, training: Training, number: int, side: int, count: int) -> None:
        self._training = training
        settings = training._settings
        chance = chance_at(settings.seed, number)
        self._drawn = training._store.draw(count, side, LOOK_WEIGHTS, chance)
        self._no_text, self._no_photo = dropped(count, settings.dropout, chance)
        self._times = drawn_times(count, settings.start_share, chance)
        shape = (count, *self._drawn[0].photo.shape)
        self._noise = torch.randn(shape, generator=noise_at(settings.seed, number))
        words = random.Random(int(chance.integers(2**63)))
        texts = [self._instruction(drawn, words) for drawn in self._drawn]
        empty = self._no_text.tolist()
        texts = ["" if no_text else text for text, no_text in zip(texts, empty, strict=True)]
        self._tokens = tokens_of(training._parts.tokenizer, texts)

    def parts(self, process: int, processes: int) -> list[slice]:
        """Return the rows of each part that process number `process` computes."""
        accumulate = self._training._settings.accumulate
        size = len(self._drawn) // (processes * accumulate)
        first = process * accumulate
        return [slice(n * size, (n + 1) * size) for n in range(first, first + accumulate)]

    def loss(self, rows: slice) -> Tensor:
        """Return the loss of some rows."""
        training = self._training
        device, settings = training._accelerator.device, training._settings
        clean = self._stacked([drawn.target for drawn in self._drawn[rows]]) * training._scaling
        photo = self._stacked([drawn.photo for drawn in self._drawn[rows]])
        seen = (~self._no_photo[rows]).to(device).view(-1, 1, 1, 1)
        times = self._times[rows].to(device)
        noise = self._noise[rows].to(device)
        share = training._shares[times].view(-1, 1, 1, 1)
        output = training._model(
            noised(clean, noise, share), photo * seen, times, self._tokens[rows].to(device)
        )
        objective = training._parts.objective
        target = objective.target(clean, noise, share)
        weights = objective.weights(share, settings.min_snr)
        loss: Tensor = (weights * (output.float() - target).square()).mean()
        return loss

    def _stacked(self, tensors: list[Tensor]) -> Tensor:
        return torch.stack(tensors).to(self._training._accelerator.device)

    def _instruction(self, drawn: Drawn, words: random.Random) -> str:
        phrases = self._training._phrases
        look = drawn.pair.look
        return phrases.draw(look, words) if look in phrases.phrases else drawn.pair.instruction
