"""The system libraries, programs and fonts that Qt and the tests need on Linux."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from provision import say


class Need(NamedTuple):
    """Something that must be there, and the package that brings it, by package manager."""

    name: str
    apt: str
    dnf: str
    pacman: str


# What Qt's libraries and its X11 and Wayland plugins load and do not bring themselves.
QT_LIBRARIES = (
    Need("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd"),
    Need("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd"),
    Need("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2"),
    Need("libdbus-1.so.3", "libdbus-1-3", "dbus-libs", "dbus"),
    Need("libfontconfig.so.1", "libfontconfig1", "fontconfig", "fontconfig"),
    Need("libfreetype.so.6", "libfreetype6", "freetype", "freetype2"),
    Need("libgssapi_krb5.so.2", "libgssapi-krb5-2", "krb5-libs", "krb5"),
    Need("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon"),
    Need("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11", "libxkbcommon-x11"),
    Need("libX11.so.6", "libx11-6", "libX11", "libx11"),
    Need("libX11-xcb.so.1", "libx11-xcb1", "libX11-xcb", "libx11"),
    Need("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor", "xcb-util-cursor"),
    Need("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm", "xcb-util-wm"),
    Need("libxcb-image.so.0", "libxcb-image0", "xcb-util-image", "xcb-util-image"),
    Need("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms", "xcb-util-keysyms"),
    Need("libxcb-randr.so.0", "libxcb-randr0", "libxcb", "libxcb"),
    Need("libxcb-render.so.0", "libxcb-render0", "libxcb", "libxcb"),
    Need(
        "libxcb-render-util.so.0",
        "libxcb-render-util0",
        "xcb-util-renderutil",
        "xcb-util-renderutil",
    ),
    Need("libxcb-shape.so.0", "libxcb-shape0", "libxcb", "libxcb"),
    Need("libxcb-shm.so.0", "libxcb-shm0", "libxcb", "libxcb"),
    Need("libxcb-sync.so.1", "libxcb-sync1", "libxcb", "libxcb"),
    Need("libxcb-util.so.1", "libxcb-util1", "xcb-util", "xcb-util"),
    Need("libxcb-xfixes.so.0", "libxcb-xfixes0", "libxcb", "libxcb"),
    Need("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb", "libxcb"),
)
FONT = Need("a font", "fonts-dejavu-core", "dejavu-sans-fonts", "ttf-dejavu")
TEST_PROGRAMS = (
    Need("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"),
    Need("xdotool", "xdotool", "xdotool", "xdotool"),
    Need("openbox", "openbox", "openbox", "openbox"),
)
INSTALL_COMMANDS = {
    "apt": ("apt-get", "install"),
    "dnf": ("dnf", "install"),
    "pacman": ("pacman", "-S"),
}


def provide_libraries(for_tests: bool) -> None:
    """Install what is missing where that can be done; else say what, and how to get it.

    Nothing is raised: what can work without goes on.
    """
    if not sys.platform.startswith("linux"):
        return
    needs = missing(for_tests)
    if not needs:
        return
    if may_install():
        apt_install(packages(needs, "apt"))
        needs = missing(for_tests)
    if needs:
        say(advice(needs, package_manager()))


def provide_venv_module() -> None:
    """Install what Debian and Ubuntu keep apart from Python, where that can be done."""
    if importlib.util.find_spec("ensurepip") is None and may_install():
        apt_install([f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"])


def missing(for_tests: bool) -> list[Need]:
    """Return what is not on this machine.

    Libraries are looked up as Qt will do it, by loading them: that is right under every
    distribution's package names, and takes milliseconds.
    """
    needs = [need for need in QT_LIBRARIES if not is_loadable(need.name)]
    if not has_font(font_folders()):
        needs.append(FONT)
    if for_tests:
        needs += [need for need in TEST_PROGRAMS if shutil.which(need.name) is None]
    return needs


def is_loadable(library: str) -> bool:
    """Return whether the dynamic linker finds `library`."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def font_folders() -> list[Path]:
    """Return where fonts are looked for."""
    system = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*system, Path("~/.local/share/fonts").expanduser(), Path("~/.fonts").expanduser()]


def has_font(folders: Iterable[Path]) -> bool:
    """Return whether an outline font is anywhere in `folders`."""
    endings = (".ttf", ".otf", ".ttc", ".pfb")
    return any(
        name.lower().endswith(endings)
        for folder in folders
        for _, _, names in os.walk(folder)
        for name in names
    )


def package_manager() -> str:
    """Return which package manager this system has, "" if none that is known here."""
    for name, (program, _) in INSTALL_COMMANDS.items():
        if shutil.which(program):
            return name
    return ""


def may_install() -> bool:
    """Return whether this is root on a system with apt."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and package_manager() == "apt"


def packages(needs: Iterable[Need], manager: str) -> list[str]:
    """Return the packages that bring `needs`, each once, in order."""
    return list(dict.fromkeys(getattr(need, manager) for need in needs))


def advice(needs: Sequence[Need], manager: str) -> str:
    """Return the sentences that say what is missing and how to get it."""
    names = ", ".join(need.name for need in needs)
    sentence = f"Missing on this system, and needed by the window or its tests: {names}."
    if not manager:
        return sentence + " Install them with your system's package manager."
    sudo = "" if hasattr(os, "geteuid") and os.geteuid() == 0 else "sudo "
    command = " ".join([*INSTALL_COMMANDS[manager], *packages(needs, manager)])
    return f"{sentence}\nInstall them with: {sudo}{command}"


def apt_install(names: Sequence[str], lists: Path = Path("/var/lib/apt/lists")) -> bool:
    """Install Debian packages without asking anything; return whether it worked."""
    say(f"Installing system packages: {' '.join(names)} ...")
    # A fresh container has no package lists; old lists name files that are gone.
    if not any(lists.glob("*_Packages*")) and not _apt("update"):
        return False
    install = ("install", "--yes", "--no-install-recommends", *names)
    return _apt(*install) or (_apt("update") and _apt(*install))


def _apt(*arguments: str) -> bool:
    import subprocess

    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=120", *arguments]
    run = subprocess.run(
        command,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if run.returncode != 0:
        say("\n".join(["apt-get failed:", *run.stderr.strip().splitlines()[-4:]]))
    return run.returncode == 0
