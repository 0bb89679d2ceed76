"""What goes into the double-click app and what stays out: lists that toonroom.spec builds from."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePath
from string import Template

# Folders of resources/ that the code reads, and the licences, which must be handed on.
RESOURCES = ("icons", "licences", "looks", "models", "themes")
RESOURCE_FILES = ("models.toml",)

# What is in the app brings its version, which `toonroom doctor` and the libraries themselves ask
# for, and its licence, which lies beside that. What is not named here has neither.
METADATA = (
    "anyio",
    "certifi",
    "charset-normalizer",
    "diffusers",
    "filelock",
    "fsspec",
    "h11",
    "httpcore2",
    "httpx2",
    "huggingface-hub",
    "idna",
    "mpmath",
    "numpy",
    "opencv-contrib-python-headless",
    "packaging",
    "pi-heif",
    "pillow",
    "platformdirs",
    "psutil",
    "pyside6-essentials",
    "pyyaml",
    "regex",
    "requests",
    "safetensors",
    "send2trash",
    "shiboken6",
    "sympy",
    "tokenizers",
    "torch",
    "tqdm",
    "transformers",
    "truststore",
    "typing-extensions",
    "urllib3",
    *(("colorama",) if sys.platform == "win32" else ()),
)

CASCADE = "haarcascade_frontalface_alt2.xml"  # of OpenCV's data, all that faces.py reads

# What only the tests and the packaging use.
TOOLS = (
    "PyInstaller",
    "_distutils_hack",
    "_pyinstaller_hooks_contrib",
    "_pytest",
    "altgraph",
    "grimp",
    "hypothesis",
    "imageio",
    "importlinter",
    "lazy_loader",
    "mypy",
    "pip",
    "pkg_resources",
    "pluggy",
    "py",
    "pytest",
    "pytestqt",
    "ruff",
    "scipy",  # diffusers imports its statistics wherever they are: a second at each start
    "setuptools",
    "skimage",
    "tifffile",
)
# Libraries import these where they are there, for things that the app never asks them for:
# compilers, command lines, templates of chats, other frameworks. Some are not even installed here,
# but may be where somebody else builds. Nothing of torch itself: all of it hangs together.
UNUSED = (
    "IPython",
    "PIL.ImageQt",
    "PIL.ImageShow",
    "PIL.ImageTk",
    "accelerate",
    "bitsandbytes",
    "click",
    "curses",
    "datasets",
    "defusedxml",
    "diffusers.commands",
    "diffusers.modular_pipelines",
    "doctest",
    "flax",
    "hf_xet",
    "huggingface_hub.cli",
    "importlib_metadata",
    "jax",
    "jinja2",
    "lazy_importer",
    "librosa",
    "matplotlib",
    "networkx",
    "numpy.f2py",
    "numpy.testing",
    "olefile",
    "onnx",
    "onnxruntime",
    "pandas",
    "pdb",
    "peft",
    "pydantic",
    "pydantic_core",
    "pydoc",
    "pygments",
    "readline",  # under the GPL
    "rich",
    "sentencepiece",
    "sklearn",
    "tensorboard",
    "tensorflow",
    "tkinter",
    "torchaudio",
    "torchvision",
    "transformers.cli",
    "triton",
    "typer",
    "xformers",
)
EXCLUDED = (*TOOLS, *UNUSED)

# Whoever trains a model works from source: of this room only what the command line reads is in the
# app. The rest needs accelerate, which would slow every start down.
_TRAINING = "desktop_app.training"
_TRAINING_PARTS = frozenset((_TRAINING, f"{_TRAINING}.settings"))

# Packages with a part for each of hundreds of models, and the parts that are in the app: what the
# diffusion engine uses, and what diffusers imports with it.
FAMILIES: Mapping[str, frozenset[str]] = {
    "diffusers.pipelines": frozenset(("stable_diffusion",)),  # has the safety checker
    "transformers.models": frozenset(
        ("auto", "clip", "dinov2_with_registers", "encoder_decoder", "siglip", "vit_mae")
    ),
}
# Imported by names that are put together only when they are needed.
LAZY = ("diffusers.schedulers", "transformers.models.clip")

QT_LIBRARIES = frozenset(
    (
        "Core",
        "DBus",
        "Gui",
        "Network",
        "Svg",
        "WaylandClient",
        "Widgets",
        "WlShellIntegration",
        "XcbQpa",
    )
)
# By folder of Qt/plugins; what no folder names stays out. No platformtheme of GTK: it would bring
# GTK itself, which then reads settings and modules made for the GTK of the artist's system.
QT_PLUGINS: Mapping[str, frozenset[str]] = {
    "iconengines": frozenset(("svgicon",)),
    "imageformats": frozenset(("gif", "jpeg", "svg", "tiff", "webp")),  # clipboards offer these
    "platforminputcontexts": frozenset(
        ("composeplatforminputcontextplugin", "ibusplatforminputcontextplugin")
    ),
    "platforms": frozenset(("cocoa", "offscreen", "wayland", "windows", "xcb")),
    "platformthemes": frozenset(("xdgdesktopportal",)),
    "styles": frozenset(("macstyle", "modernwindowsstyle")),
    "tls": frozenset(("opensslbackend", "schannelbackend", "securetransportbackend")),
    "wayland-decoration-client": frozenset(("adwaita", "bradient")),
    "wayland-shell-integration": frozenset(("xdg-shell",)),
}
# A good part of these is symbols that nothing needs. Only these: stripping breaks libraries that
# auditwheel has patched, such as NumPy's.
STRIPPED = re.compile(r"libpython.*|libtorch_(cpu|python)\.so")
# Windows: a software OpenGL and FFmpeg for reading videos, 50 MB; nothing here draws with OpenGL
# or opens a video.
UNWANTED_FILES = re.compile(r"opengl32sw\.dll|d3dcompiler_\d+\.dll|opencv_videoio_ffmpeg.*\.dll")

# Of torch's folder: what compiles against it, and its own tests. It looks for one program at start.
_TORCH_FOLDERS = frozenset(("bin", "csrc", "include", "share", "test"))
_TORCH_PROGRAM = "torch_shm_manager"
_TORCH_TESTS = re.compile(r"(lib)?(aoti_custom_ops|backend_with_compiler|\w*_test)\.(so|dylib|dll)")
# Of these it uses the code alone: the rest is templates for compilers, and pages for browsers.
_TORCH_CODE = (("_inductor",), ("utils", "benchmark"), ("utils", "model_dump"))

_QT_LIBRARY = re.compile(r"(?:lib)?Qt6?([A-Z]\w*?)\.(?:abi3\.so|so|pyd|dll|framework)(?:\W|$)")
_PLUGIN = re.compile(r"(?:lib)?q?(.+?)\.(?:so|dll|dylib)")


def is_in_app(module: str) -> bool:
    """Return whether one of the code's own modules belongs into the app."""
    return not module.startswith(_TRAINING) or module in _TRAINING_PARTS


def is_wanted(destination: str) -> bool:
    """Return whether the file that would lie at `destination` in the bundle belongs there."""
    parts = PurePath(destination.replace("\\", "/")).parts
    if UNWANTED_FILES.fullmatch(parts[-1]):
        return False
    if parts[0].endswith((".dist-info", ".egg-info")):
        return distribution(parts[0]) in METADATA
    if parts[0] == "torch":
        return _is_wanted_of_torch(parts[1:])
    return parts[0] != "PySide6" or _is_wanted_of_qt(parts)


def _is_wanted_of_torch(parts: Sequence[str]) -> bool:
    name = parts[-1]
    if parts[0] in _TORCH_FOLDERS and name != _TORCH_PROGRAM:
        return False
    if name.endswith(".pyi") or _TORCH_TESTS.fullmatch(name):
        return False
    return name.endswith(".py") or all(parts[: len(code)] != code for code in _TORCH_CODE)


def _is_wanted_of_qt(parts: Sequence[str]) -> bool:
    if "plugins" in parts:
        folder, name = parts[parts.index("plugins") + 1], _PLUGIN.fullmatch(parts[-1])
        return name is not None and name[1] in QT_PLUGINS.get(folder, ())
    if "translations" in parts or "qml" in parts:
        return False
    libraries = [match[1] for match in map(_QT_LIBRARY.match, parts) if match]
    return all(library in QT_LIBRARIES for library in libraries)


def distribution(name: str) -> str:
    """Return the name of a package as METADATA has it.

    Args:
        name: as people write it, or that of the folder which its metadata is in.
    """
    folder = re.fullmatch(r"(.+?)-.*\.(?:dist|egg)-info", name)
    return re.sub(r"[-_.]+", "-", folder[1] if folder else name).lower()


def unused_families() -> list[str]:
    """Return the names of the packages in FAMILIES that stay out."""
    return [
        f"{package}.{part.name}"
        for package, kept in FAMILIES.items()
        for part in sorted(_folder(package).iterdir())
        if (part / "__init__.py").is_file() and part.name not in kept
    ]


def lazy_modules() -> list[str]:
    """Return the names of all modules in the packages in LAZY, which no import statement names."""
    return [
        f"{package}.{path.stem}"
        for package in LAZY
        for path in sorted(_folder(package).glob("*.py"))
        if path.stem != "__init__"
    ]


def _folder(package: str) -> Path:
    """Return where `package` is, without importing it."""
    top, *rest = package.split(".")
    spec = importlib.util.find_spec(top)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0], *rest)


def is_for_others(destination: str, kind: str) -> bool:
    """Return whether a file of PyInstaller's `kind` is there only because others load it.

    Such are the system's libraries, at the top of the bundle. Packages have their own in a folder,
    and modules (kind EXTENSION) are loaded by name; Qt looks for OpenSSL by itself.
    """
    own = ("libpython", "libssl", "libcrypto")
    return kind == "BINARY" and "/" not in destination and not destination.startswith(own)


def needed_libraries(
    files: Iterable[str], libraries: Iterable[str], needs: Mapping[str, Iterable[str]]
) -> set[str]:
    """Return which of the shared `libraries` the `files` need, directly or not.

    Args:
        files: names of what is in the bundle in any case.
        libraries: names of what is there for the sake of others.
        needs: the names of the libraries that a file or library asks the loader for.
    """
    candidates = set(libraries)
    found: set[str] = set()
    waiting = list(files)
    while waiting:
        new = candidates.intersection(needs.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def version_resource(template: str, version: str) -> str:
    """Return windows/version-info.txt filled in, as PyInstaller reads it."""
    numbers = [int(number) for number in re.findall(r"\d+", version)[:3]]
    quad = tuple(numbers + [0] * (4 - len(numbers)))
    return Template(template).substitute(version=version, quad=repr(quad))
