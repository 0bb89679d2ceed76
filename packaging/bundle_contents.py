"""What goes into the double-click app and what stays out: lists that toonroom.spec builds from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from string import Template

# Folders of resources/ that the code reads, and the licences, which must be handed on.
RESOURCES = ("icons", "licences", "looks", "themes")

# `toonroom doctor` asks for their versions; their licences lie beside those.
METADATA = (
    "accelerate",
    "diffusers",
    "filelock",
    "huggingface-hub",
    "packaging",
    "pyyaml",
    "regex",
    "requests",
    "safetensors",
    "tokenizers",
    "torch",
    "tqdm",
    "transformers",
    "numpy",
    "opencv-contrib-python-headless",
    "pi-heif",
    "pillow",
    "platformdirs",
    "psutil",
    "pyside6-essentials",
    "shiboken6",
)

CASCADE = "haarcascade_frontalface_alt2.xml"  # of OpenCV's data, all that faces.py reads

# Libraries import these where they are there, for things that the app never asks them for.
UNUSED = (
    "IPython",
    "PIL.ImageQt",
    "PIL.ImageShow",
    "PIL.ImageTk",
    "_pytest",
    "defusedxml",
    "matplotlib",
    "olefile",
    "pytest",
    "scipy",
    "tkinter",
)

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
# Windows: a software OpenGL and FFmpeg for reading videos, 50 MB; nothing here draws with OpenGL
# or opens a video.
UNWANTED_FILES = re.compile(r"opengl32sw\.dll|d3dcompiler_\d+\.dll|opencv_videoio_ffmpeg.*\.dll")

_QT_LIBRARY = re.compile(r"(?:lib)?Qt6?([A-Z]\w*?)\.(?:abi3\.so|so|pyd|dll|framework)(?:\W|$)")
_PLUGIN = re.compile(r"(?:lib)?q?(.+?)\.(?:so|dll|dylib)")


def is_wanted(destination: str) -> bool:
    """Return whether the file that would lie at `destination` in the bundle belongs there."""
    parts = PurePath(destination.replace("\\", "/")).parts
    if UNWANTED_FILES.fullmatch(parts[-1]):
        return False
    if parts[0] != "PySide6":
        return True
    if "plugins" in parts:
        folder, name = parts[parts.index("plugins") + 1], _PLUGIN.fullmatch(parts[-1])
        return name is not None and name[1] in QT_PLUGINS.get(folder, ())
    if "translations" in parts or "qml" in parts:
        return False
    libraries = [match[1] for match in map(_QT_LIBRARY.match, parts) if match]
    return all(library in QT_LIBRARIES for library in libraries)


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
