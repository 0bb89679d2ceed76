"""`toonroom doctor`: what works here and where things are kept."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import multiprocessing
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from desktop_app import __version__
from desktop_app.cli.console import Console
from desktop_app.cli.display import display_problem
from desktop_app.cli.options import DoctorOptions
from desktop_app.core.paths import HOME_VARIABLE, data_home, log_file, models_folder, resources

PACKAGES = ("numpy", "opencv-contrib-python-headless", "pillow", "pi-heif", "PySide6-Essentials")
MODEL_PACKAGES = ("torch", "diffusers", "transformers")
PROBE_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, what was found, and whether pictures can be made with it."""

    name: str
    text: str
    is_fine: bool = True


def doctor(options: DoctorOptions) -> int:
    """Print the findings; return 0 when pictures can be made and kept, else 1."""
    console = Console()
    findings = examine(options.gpu)
    fine = all(finding.is_fine for finding in findings)
    if options.as_json:
        values: dict[str, object] = {finding.name: finding.text for finding in findings}
        values["problems"] = [finding.name for finding in findings if not finding.is_fine]
        console.result(json.dumps({**values, "ok": fine}))
    else:
        for finding in findings:
            mark = "" if finding.is_fine else "PROBLEM: "
            console.result(f"{finding.name:<9} {mark}{finding.text}")
    return 0 if fine else 1


def examine(gpu: bool) -> list[Finding]:
    """Return everything that was found, in the order in which people read it."""
    return [
        Finding("toonroom", __version__),
        Finding("python", f"{platform.python_version()} ({sys.executable})"),
        Finding("system", f"{platform.platform()}, {platform.machine()}"),
        _data(),
        Finding("log", str(log_file())),
        Finding("models", str(models_folder())),
        _installed(),
        _resources(),
        Finding("memory", _memory()),
        Finding("cores", str(_cores())),
        Finding("gpu", _gpu() if gpu else "not checked (toonroom doctor --gpu looks)"),
        Finding("packages", _versions(PACKAGES)),
        Finding("torch", _versions(MODEL_PACKAGES) + "; the classic engine needs none"),
        *_pictures(),
        Finding("window", _window(os.environ)),
    ]


def _data() -> Finding:
    """Find out whether the app's own data can be kept, by keeping something."""
    home = data_home()
    moved = f", from {HOME_VARIABLE}" if os.environ.get(HOME_VARIABLE) else ""
    existed = home.is_dir()
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=home, prefix="doctor-") as file:
            file.write(b"x")
            file.flush()
        if not existed:
            home.rmdir()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        advice = f"set {HOME_VARIABLE} to a folder that is"
        return Finding("data", f"{home} is not writable ({reason}{moved}); {advice}", False)
    return Finding("data", f"{home} (writable{moved})")


def _resources() -> Finding:
    looks = len(list((resources() / "looks").glob("*.toml")))
    if looks == 0:
        return Finding("resources", f"{resources()} has no looks; install Toonroom again", False)
    return Finding("resources", f"{resources()} ({looks} looks)")


def _memory() -> str:
    try:
        import psutil

        memory = psutil.virtual_memory()
    except (ImportError, OSError) as error:
        return f"unknown ({error})"
    return f"{memory.total / 1e9:.1f} GB, {memory.available / 1e9:.1f} GB of it free"


def _cores() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _versions(packages: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_version(name)}" for name in packages)


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "not found"


def _pictures() -> list[Finding]:
    """Load what makes pictures, and return what it reads and writes."""
    try:
        opening = importlib.import_module("desktop_app.imaging.opening")
        saving = importlib.import_module("desktop_app.imaging.saving")
        registry = importlib.import_module("desktop_app.engines.registry")
        engines = [engine.capabilities.engine_id for engine in registry.available_engines()]
    except Exception as error:  # whatever a broken installation raises
        advice = "set Toonroom up again"
        return [Finding("pictures", f"{type(error).__name__}: {error}; {advice}", False)]
    return [
        Finding("engines", ", ".join(engines)),
        Finding("reads", " ".join(sorted(suffix[1:] for suffix in opening.PHOTO_SUFFIXES))),
        Finding("writes", " ".join(suffix[1:] for suffix in saving.SAVE_SUFFIXES) + " ora"),
    ]


def _installed() -> Finding:
    """Return which models are here; the diffusion engine needs one."""
    try:
        library = importlib.import_module("desktop_app.models.library")
        names = [info.model for info in library.installed()]
    except Exception as error:  # a broken installation; _pictures tells how bad it is
        return Finding("installed", f"unknown ({type(error).__name__}: {error})")
    return Finding(
        "installed", ", ".join(names) or "none yet; 'toonroom models' shows what can be had"
    )


def _window(environ: Mapping[str, str]) -> str:
    """Return whether a window can open; pictures can be made without."""
    is_answer, output = _ask(count_fonts)
    if not is_answer:
        return f"Qt cannot start ({output}); cartoonize works without it"
    fonts = f"{output} fonts" if output != "0" else "no fonts: install fonts-dejavu-core or others"
    problem = display_problem(environ)
    return f"Qt starts, {fonts}, " + ("no screen here" if problem else "a screen is there")


def _gpu() -> str:
    is_answer, output = _ask(name_gpus)
    return output if is_answer else f"torch cannot tell ({output})"


def count_fonts() -> str:
    """Start Qt and return how many fonts it knows. For a process of its own."""
    gui = importlib.import_module("PySide6.QtGui")
    application = gui.QGuiApplication(["toonroom", "-platform", "offscreen"])
    fonts = len(gui.QFontDatabase.families())
    del application
    return str(fonts)


def name_gpus() -> str:
    """Return the graphics cards that torch can use. For a process of its own."""
    torch = importlib.import_module("torch")
    names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        names.append("Apple GPU (mps)")
    return ", ".join(names) or "none that torch can use"


def _ask(question: Callable[[], str]) -> tuple[bool, str]:
    """Have a process of its own answer `question`, as the engine has one: in a bundle too.

    Importing Qt or torch here would cost whoever asks something else, and may crash.

    Returns:
        Whether there was an answer, and the answer or else the last that the process said.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory(prefix="toonroom-") as folder:
        said = Path(folder, "said.txt")
        process = context.Process(target=_answer, args=(theirs, question, str(said)), daemon=True)
        try:
            process.start()
        except OSError as error:
            return False, str(error)
        theirs.close()
        try:
            if not ours.poll(PROBE_TIMEOUT_S):
                return False, f"no answer within {PROBE_TIMEOUT_S:.0f} s"
            is_answer, text = ours.recv()
            return is_answer, text
        except (EOFError, OSError):
            process.join()
            words = said.read_text("utf-8", "replace").split("\n") if said.exists() else []
            lines = [line for line in words if line.strip()]
            return False, lines[-1].strip() if lines else f"status {process.exitcode}"
        finally:
            process.kill()
            process.join()
            ours.close()


def _answer(connection: Connection, question: Callable[[], str], said: str) -> None:
    """Send the answer, or why there is none; what libraries print goes into the file `said`."""
    with Path(said).open("wb") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.environ.pop("QT_FATAL_WARNINGS", None)
    try:
        reply = (True, question())
    except Exception as error:  # the process boundary: whatever a broken installation raises
        reply = (False, f"{type(error).__name__}: {error}")
    connection.send(reply)
