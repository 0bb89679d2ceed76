"""Models that people have: a folder in diffusers layout or a single file, taken in among ours."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from desktop_app.core.cancel import CancelToken
from desktop_app.core.errors import ModelError, OutOfMemory, UsageError
from desktop_app.core.paths import resources
from desktop_app.models import store
from desktop_app.models.clip_words import write_vocabulary
from desktop_app.models.configs import is_file, is_folder
from desktop_app.models.converting import OnProgress, convert_folder, write_json
from desktop_app.models.disk import copy, writing_errors
from desktop_app.models.extras import EXTRAS_NAME
from desktop_app.models.finding import absolute, people_name
from desktop_app.models.jobs import ConvertCheckpoint, Message, Progress
from desktop_app.models.layout import read_layout
from desktop_app.models.library import STARTER
from desktop_app.models.naming import candidates, model_id, printable, title
from desktop_app.models.plans import PartPlan, Plan, discard, known_plan, stamps, write_plan
from desktop_app.models.process import ProcessDied, run_in_process
from desktop_app.models.recognition import check_checkpoint, check_start, read_shapes

_MADE = "imported"
_CHECKPOINT_PARTS = ("unet", "vae", "text_encoder")

Make = Callable[[Path], None]


def configs_folder() -> Path:
    """Return the folder that says what the components of a single file are like."""
    return resources().joinpath("models", "configs", "sd1")


def import_model(
    path: Path,
    model: str | None = None,
    *,
    on_progress: OnProgress | None = None,
    token: CancelToken | None = None,
    configs: Path | None = None,
) -> str:
    """Take a model in, in half precision and safetensors, and return its id.

    What it comes from is never changed. It is refused, with the reason, before anything is copied
    where it is no InstructPix2Pix model. Where the program or the process that does the work is
    ended by force, the next call with the same path goes on with what was finished; else nothing
    stays behind. May be called from any thread that lasts until it returns.

    Args:
        path: a folder in diffusers layout, also one of the hub's cache, or a .safetensors or .ckpt
            file of Stability's layout.
        model: its id, that of a model to replace too; None for one made of the name, which no
            model has yet.
        on_progress: told the bytes that are done, and of all there are, in the calling thread.
        token: ends it.
        configs: what the components of a single file are like; None for Stable Diffusion 1.

    Raises:
        JobCancelled: the token was cancelled.
        OutOfMemory: memory was too small.
        UsageError: a model cannot have that id.
        ModelError: it is no model that can be used, or the disk is full; the sentence says why.
    """
    token = token or CancelToken()
    path = absolute(path)
    configs = configs or configs_folder()
    if is_folder(path):
        name = people_name(read_layout(path).folder)
    else:
        name = path.stem
        check_start(path)
        if path.suffix.lower() == ".safetensors":
            check_checkpoint(path, read_shapes(path), configs)

    def make(target: Path) -> None:
        if is_folder(path):
            convert_folder(path, target, on_progress=on_progress, token=token)
        else:
            _convert_file(path, target, configs, on_progress, token)

    if model is not None and _is_in(path, store.place_of(model)):
        raise UsageError(f"{path} is the model {model} itself; there is nothing to import.")
    with _claimed(model, name) as chosen:
        made = store.workshop(chosen) / _MADE
        with _tidied(chosen, made):
            make(made)
            if not is_file(made / EXTRAS_NAME):
                write_json(made / EXTRAS_NAME, {"title": title(name)})
            token.raise_if_cancelled()
            store.install(made, chosen, store.Origin(printable(str(path))))
    return chosen


@contextmanager
def _claimed(model: str | None, name: str) -> Iterator[str]:
    """Claim the id `model`, or else the first one made of `name` that is free."""
    if model == STARTER:
        raise UsageError(f"The model {STARTER} comes with Toonroom; choose another id.")
    if model is not None:
        with store.claimed(model):
            yield model
        return
    for candidate in candidates(model_id(name)):
        with ExitStack() as stack:
            try:
                stack.enter_context(store.claimed(candidate))
            except ModelError as error:
                if isinstance(error, store.Claimed):  # somebody makes one of that name
                    continue
                raise
            if candidate != STARTER and not store.place_of(candidate).exists():
                yield candidate
                return


@contextmanager
def _tidied(model: str, made: Path) -> Iterator[None]:
    """Leave nothing behind where the import fails, unless the next one can go on from there."""
    try:
        yield
    except (ProcessDied, OutOfMemory):
        raise
    except BaseException:
        with suppress(ModelError):
            discard(made)
        with suppress(OSError):  # there may be something else in it
            store.workshop(model).rmdir()
        raise


def _is_in(path: Path, folder: Path) -> bool:
    """Return whether `path` is `folder` or in it, wherever links lead."""
    real, root = Path(os.path.realpath(path)), Path(os.path.realpath(folder))
    return real == root or root in real.parents


def _convert_file(
    path: Path, target: Path, configs: Path, on_progress: OnProgress | None, token: CancelToken
) -> None:
    if known_plan(path, target) is None:
        discard(target)
        _copy_configs(configs, target, token)
        source = stamps([path])
        parts = tuple(PartPlan(name, source) for name in _CHECKPOINT_PARTS)
        write_plan(Plan(str(path), parts), target)

    def on_message(message: Message) -> None:
        if isinstance(message, Progress) and on_progress is not None:
            on_progress(message.done_bytes, message.total_bytes)

    run_in_process(ConvertCheckpoint(path, configs, target), on_message, token)


def _copy_configs(configs: Path, target: Path, token: CancelToken) -> None:
    for path in sorted(configs.rglob("*")):
        if is_file(path):
            copy(path, target / path.relative_to(configs), lambda _: None, token)
    vocabulary = target / "tokenizer" / "vocab.json"
    if not is_file(vocabulary):
        with writing_errors(vocabulary):
            write_vocabulary(target / "tokenizer" / "merges.txt", vocabulary)
