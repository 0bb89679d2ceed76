"""What each command of the training room was asked. No torch: the command line builds them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SETTINGS_NAME = "settings.json"
"""What `written` gives, in the folder of a run or a data set."""


@dataclass(frozen=True)
class DataSettings:
    """What `toonroom train data` was asked.

    Attributes:
        out: folder of the data set.
        photos: files and folders of photos that the classic engine draws; none for own pairs.
        before: folder of an artist's photos, or None.
        after: folder of what became of them, under the same names; with `before` alone.
        instruction: how the artist's change is asked for; with `before` alone.
        looks: ids of the looks to teach.
        keep: whether "keep the photo as it is" is taught too.
        grain: whether looks keep what is random about them: paper, strokes, screens of dots.
        held_out: how many photos are kept from training.
        size_px: longest side of the pictures; None for each photo's own size.
        threads: how many cores OpenCV takes; None for all.
    """

    out: Path
    photos: tuple[Path, ...] = ()
    before: Path | None = None
    after: Path | None = None
    instruction: str = ""
    looks: tuple[str, ...] = ()
    keep: bool = True
    grain: bool = True
    held_out: int = 0
    size_px: int | None = None
    threads: int | None = None


@dataclass(frozen=True)
class Stage:
    """A part of a training run.

    Attributes:
        crop_px: side of the crops, in pixels of the picture.
        batch: how many crops a step sees, over all processes and accumulations.
        steps: how many steps the stage has.
    """

    crop_px: int
    batch: int
    steps: int

    @classmethod
    def parse(cls, text: str) -> Stage:
        """Return the stage that is written CROPxBATCHxSTEPS.

        Raises:
            ValueError: it is written otherwise.
        """
        crop, batch, steps = (int(part) for part in text.lower().split("x"))
        if min(crop, batch, steps) < 1:
            raise ValueError("each number must be at least 1")
        return cls(crop, batch, steps)

    def __str__(self) -> str:
        return f"{self.crop_px}x{self.batch}x{self.steps}"


@dataclass(frozen=True)
class VaeSettings:
    """What `toonroom train vae` was asked.

    Attributes:
        data: the data set.
        out: folder of the run: checkpoints, log, and in the end the autoencoder.
        stages: what to do, in order.
        base: folder of an autoencoder whose decoder learns on; its encoder stays, and with it
            every model that was trained on its latents. None for a fresh one.
        encoder_channels: width of the encoder.
        decoder_channels: width of the decoder, which has more to invent.
        latent_channels: how many numbers stand for a patch.
        encoder_blocks: residual blocks of each level of the encoder, the largest level first.
        decoder_blocks: those of the decoder, the smallest level first.
        learning_rate: of AdamW, after warming up.
        noise: standard deviation of the noise on latents that the decoder learns to bear.
        ema: most that the running average of the weights keeps of itself at a step.
        seed: of weights, crops and noise.
        checkpoint_every: steps between two checkpoints.
        threads: how many cores to use; None for all.
    """

    data: Path
    out: Path
    stages: tuple[Stage, ...]
    base: Path | None = None
    encoder_channels: int = 32
    decoder_channels: int = 48
    latent_channels: int = 8
    encoder_blocks: tuple[int, ...] = (0, 1, 3)
    decoder_blocks: tuple[int, ...] = (3, 2, 0)
    learning_rate: float = 1e-3
    noise: float = 0.1
    ema: float = 0.998
    seed: int = 0
    checkpoint_every: int = 100
    threads: int | None = None


@dataclass(frozen=True)
class Dropout:
    """Shares of the pairs that are seen without some of their conditioning.

    Source: Brooks et al., "InstructPix2Pix", CVPR 2023, section 3.2.1: 5 % each.

    Attributes:
        text: without the instruction.
        image: without the photo.
        both: without either.
    """

    text: float = 0.05
    image: float = 0.05
    both: float = 0.05


@dataclass(frozen=True)
class SmallModel:
    """What a fresh small model looks like.

    Attributes:
        channels: width of each level of the UNet, the largest level first.
        attention: whether each level reads the text.
        layers: residual blocks of a level.
        text_width: features of a token.
        text_layers: layers of the text encoder.
        vocabulary: most tokens that the tokenizer knows.
        lessons: steps in which the text encoder learns to tell looks apart before all else.
    """

    channels: tuple[int, ...] = (48, 96, 144, 192)
    attention: tuple[bool, ...] = (False, False, True, True)
    layers: int = 1
    text_width: int = 128
    text_layers: int = 4
    vocabulary: int = 1024
    lessons: int = 300


@dataclass(frozen=True)
class UNetSettings:
    """What `toonroom train unet` or `toonroom train lora` was asked.

    Attributes:
        data: the data set.
        out: folder of the run: checkpoints, log, pictures, and in the end the model.
        stages: what to do, in order.
        vae: folder of the autoencoder; None for that of `base`.
        base: folder of a Stable Diffusion 1 model to start from; None for a fresh small model.
        rank: of the adapters, where only those are trained; with `base` alone.
        small: what a fresh model looks like.
        learning_rate: of AdamW, after warming up.
        warm_up: steps until it is reached.
        decay: share of the steps over which it goes down in the end.
        weight_decay: of AdamW.
        ema: most that the running average keeps of itself at a step.
        clip: largest norm of the gradient.
        dropout: of the conditioning.
        prediction: "v_prediction" or "epsilon".
        min_snr: gamma of Min-SNR weighting; None for none.
        start_share: share of the pairs that are seen at the last timestep, where pictures begin;
            the others are seen at any. A model that takes few steps is judged by the first.
        flips: whether pictures are mirrored at random; in the latents' cache, half the photos are.
        scales: how much pictures are reduced before they are cut.
        accumulate: parts that a batch is computed in, for small memories.
        mixed_precision: "no", "fp16" or "bf16".
        cache: folder of the pictures' latents; None for one in `out`.
        title: what people are to read; "" for the folder's name.
        note: one sentence: what the model is good at, and what not.
        seed: of weights, crops, noise, instructions.
        checkpoint_every: steps between two checkpoints.
        validate_every: steps between two validations.
        threads: how many cores to use; None for all.
    """

    data: Path
    out: Path
    stages: tuple[Stage, ...]
    vae: Path | None = None
    base: Path | None = None
    rank: int | None = None
    small: SmallModel = SmallModel()
    learning_rate: float = 5e-5
    warm_up: int = 0
    decay: float = 0.0
    weight_decay: float = 0.01
    ema: float = 0.9999
    clip: float = 1.0
    dropout: Dropout = Dropout()
    prediction: str = "epsilon"
    min_snr: float | None = None
    start_share: float = 0.0
    flips: bool = True
    scales: tuple[float, ...] = (1.0,)
    accumulate: int = 1
    mixed_precision: str = "no"
    cache: Path | None = None
    title: str = ""
    note: str = ""
    seed: int = 0
    checkpoint_every: int = 500
    validate_every: int = 1000
    threads: int | None = None


@dataclass(frozen=True)
class EvaluateSettings:
    """What `toonroom train evaluate` was asked.

    Attributes:
        model: a model's id, or a folder in diffusers layout.
        data: the data set; its held-out photos are what counts.
        out: folder of the figures and the sheets.
        sizes_px: longest sides of the photos.
        photos: how many of the photos; None for all.
        mode: of the diffusion engine.
        steps: None for the mode's or the model's.
        text_guidance: None for the model's.
        image_guidance: None for the model's.
        text_grid: text guidances of the trade-off curve; none for no curve.
        image_grid: image guidances of it.
        grid_photos: how many photos the curve is drawn from.
        mode_photos: how many photos the modes are compared on.
        reference_steps: how many steps the picture takes that modes are compared with.
        seed: of the noise.
        device: where the engine runs.
        card: whether the model's card is written anew, with these figures.
        remarks: what else the card says: terms of the photos, what to beware of.
    """

    model: str
    data: Path
    out: Path
    sizes_px: tuple[int, ...] = (256, 512)
    photos: int | None = None
    mode: str = "balanced"
    steps: int | None = None
    text_guidance: float | None = None
    image_guidance: float | None = None
    text_grid: tuple[float, ...] = ()
    image_grid: tuple[float, ...] = (1.0,)
    grid_photos: int = 4
    mode_photos: int = 0
    reference_steps: int = 200
    seed: int = 0
    device: str = "auto"
    card: bool = False
    remarks: str = ""


def written(settings: Any) -> str:
    """Return settings as JSON, for the folder of the run and the model card."""
    return json.dumps(asdict(settings), default=str, indent=1, sort_keys=True) + "\n"
