"""What to compute on, and how precisely."""

from __future__ import annotations

import platform
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from desktop_app.core.errors import UsageError

_WORTH_IT = 1.25
"""How much quicker bf16 must be than fp32 for its rounding to be worth it."""
_NAMES = {torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16"}
_DTYPES = {name: dtype for dtype, name in _NAMES.items()}


@dataclass(frozen=True)
class ChosenDevice:
    """What is computed on.

    Attributes:
        device: for torch.
        name: for people.
        dtype: of everything, unless full precision is asked for.
        warning: a sentence where something faster lies idle, else "".
    """

    device: torch.device
    name: str
    dtype: torch.dtype
    warning: str = ""

    @property
    def doubts_batches(self) -> bool:
        """Whether rows may go wrong together that go right one by one, as Apple's drivers do it."""
        return self.device.type == "mps"

    @property
    def precision(self) -> str:
        """Return the name of the precision."""
        return _NAMES[self.dtype]


def choose_device(wanted: str, cpu_precision: str | None) -> ChosenDevice:
    """Return what to compute on.

    Args:
        wanted: "auto", "cpu", "cuda" or "mps".
        cpu_precision: what an earlier probe on this machine found; None to probe now.

    Raises:
        UsageError: what is wanted is not there.
    """
    if wanted == "cuda" and not torch.cuda.is_available():
        raise UsageError(f"No NVIDIA graphics card can be used here ({_why_no_cuda()}); use auto.")
    if wanted == "mps" and not torch.backends.mps.is_available():
        raise UsageError("No Apple graphics processor can be used here; use auto.")
    if wanted == "cuda" or (wanted == "auto" and torch.cuda.is_available()):
        name = torch.cuda.get_device_name(0)
        return ChosenDevice(torch.device("cuda", 0), name, torch.float16)
    if wanted == "mps" or (wanted == "auto" and torch.backends.mps.is_available()):
        return ChosenDevice(torch.device("mps"), "Apple GPU", torch.float16)
    dtype = _DTYPES.get(cpu_precision or "") or probed_cpu_dtype()
    warning = idle_card_warning() if wanted == "auto" else ""
    return ChosenDevice(torch.device("cpu"), "CPU", dtype, warning)


def cpu_key() -> str:
    """Return what a probe of this machine holds for."""
    processor = platform.processor() or platform.machine()
    return f"{processor}, {torch.get_num_threads()} threads, torch {torch.__version__}"


def probed_cpu_dtype() -> torch.dtype:
    """Return fp32 or bf16, whichever this processor computes faster; takes a fraction of a second.

    Processors without units for bf16 emulate it and are slower with it.
    """
    seconds = {dtype: _seconds_of(_work(dtype)) for dtype in (torch.float32, torch.bfloat16)}
    gain = seconds[torch.float32] / seconds[torch.bfloat16]
    return torch.bfloat16 if gain > _WORTH_IT else torch.float32


def idle_card_warning() -> str:
    """Return a sentence where a graphics card is there that torch cannot use, else ""."""
    card = _nvidia_card()
    if not card:
        return ""
    return (
        f"The processor does the work although there is a graphics card ({card}): {_why_no_cuda()}."
    )


def _why_no_cuda() -> str:
    if torch.version.cuda is None:
        return "this torch was built without CUDA"
    return "torch finds no working driver for it"


def _nvidia_card() -> str:
    """Return the name of an NVIDIA card, as the driver tells it; "" for none."""
    for file in Path("/proc/driver/nvidia/gpus").glob("*/information"):
        try:
            found = re.search(r"^Model:\s*(.+)$", file.read_text("utf-8", "replace"), re.MULTILINE)
        except OSError:
            continue
        return found[1].strip() if found else "NVIDIA"
    if platform.system() == "Windows" and Path(r"C:\Windows\System32\nvcuda.dll").exists():
        return "NVIDIA"
    return ""


def _work(dtype: torch.dtype) -> Callable[[], None]:
    """Return what a UNet mostly does, in small: a convolution and a product of matrices."""
    convolution = torch.nn.Conv2d(64, 64, 3, padding=1).to(dtype)
    image = torch.randn(1, 64, 48, 48).to(dtype)
    matrix = torch.randn(384, 384).to(dtype)

    def work() -> None:
        convolution(image)
        matrix @ matrix

    return work


def _seconds_of(work: Callable[[], None]) -> float:
    times = []
    with torch.inference_mode():
        work()
        for _ in range(7):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
    return statistics.median(times)
