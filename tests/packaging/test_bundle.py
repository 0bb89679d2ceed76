"""The double-click app, as far as it can be checked without building it."""

from __future__ import annotations

import ast
import configparser
import importlib.metadata
import os
import plistlib
import runpy
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import bundle
import bundle_contents as contents
import cv2
import pytest

from desktop_app import __version__
from desktop_app.cli import doctor
from desktop_app.engines.classic import faces
from desktop_app.imaging.opening import PHOTO_SUFFIXES

ROOT = bundle.ROOT
LINUX = ROOT / "packaging" / "linux"
EXCLUDED = (*contents.EXCLUDED, *contents.unused_families())
MIME_TYPES = {
    ".apng": "image/apng",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".gif": "image/gif",
    ".heic": "image/heic",
    ".heif": "image/heif",
    ".hif": "image/heif",
    ".jfif": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".pbm": "image/x-portable-bitmap",
    ".pgm": "image/x-portable-graymap",
    ".png": "image/png",
    ".pnm": "image/x-portable-anymap",
    ".ppm": "image/x-portable-pixmap",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


def app_trees() -> Iterator[ast.AST]:
    for path in sorted((ROOT / "desktop_app").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if contents.is_in_app(".".join(parts).removesuffix(".__init__")):
            yield ast.parse(path.read_text("utf-8"))


def imported() -> set[str]:
    """Everything that an import statement of the app names, `a.b` for `from a import b` too."""
    names: set[str] = set()
    for tree in app_trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def test_spec_compiles_and_asks_for_what_is_there() -> None:
    tree = ast.parse(bundle.SPEC.read_text("utf-8"))
    compile(tree, str(bundle.SPEC), "exec")
    asked = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "contents"
    }
    assert len(asked) > 5
    assert [name for name in asked if not hasattr(contents, name)] == []


def test_every_resource_that_the_code_reads_is_in_the_app() -> None:
    read = {
        node.right.value
        for tree in app_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.BinOp)
        and isinstance(node.left, ast.Call)
        and isinstance(node.left.func, ast.Name)
        and node.left.func.id == "resources"
        and isinstance(node.right, ast.Constant)
    }
    assert {"icons", "looks", "themes"} <= read <= set(contents.RESOURCES)
    folders = {path.name for path in (ROOT / "resources").iterdir() if path.is_dir()}
    # A new folder belongs into RESOURCES or, if it is of no use to the app, here.
    assert folders - {"screenshots", "training"} == set(contents.RESOURCES)
    files = {path.name for path in (ROOT / "resources").iterdir() if path.is_file()}
    assert files == set(contents.RESOURCE_FILES)


def test_cascade_is_the_one_that_faces_are_found_with() -> None:
    assert faces._CASCADE == contents.CASCADE
    assert (Path(cv2.__file__).parent / "data" / contents.CASCADE).is_file()


def test_nothing_that_stays_out_is_imported() -> None:
    wrong = [
        name
        for name in imported()
        for excluded in EXCLUDED
        if name == excluded or name.startswith(excluded + ".")
    ]
    assert wrong == []


def test_only_what_the_command_line_reads_of_the_training_room_is_in_the_app() -> None:
    assert {name for name in imported() if name.startswith("desktop_app.training.")} == {
        "desktop_app.training.settings",
        *(f"desktop_app.training.settings.{name}" for name in _names_of_settings()),
    }
    assert not contents.is_in_app("desktop_app.training.unet")


def _names_of_settings() -> set[str]:
    text = (ROOT / "desktop_app" / "training" / "settings.py").read_text("utf-8")
    return {node.name for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


def test_every_package_in_the_app_brings_its_version_and_licence() -> None:
    distributions = importlib.metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in imported()} - set(sys.stdlib_module_names)
    used = {name.lower().replace("_", "-") for top in tops for name in distributions.get(top, ())}
    assert "pillow" in used
    # The app itself counts as a package where it is installed.
    assert used - {"toonroom"} <= set(contents.METADATA)
    assert {name.lower() for name in doctor.PACKAGES} <= set(contents.METADATA)


def test_licences_say_what_is_in_the_app() -> None:
    text = (ROOT / "resources" / "licences" / "THIRD-PARTY.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    told = {row[0] for row in rows[1:] if row[3] == "yes"}
    assert told | {"colorama"} == {*contents.METADATA, "colorama"}


def test_every_part_of_qt_that_the_code_uses_is_in_the_app() -> None:
    parts = {name.split(".")[1] for name in imported() if name.startswith("PySide6.")}
    assert {"QtCore", "QtSvg"} <= parts
    assert {part.removeprefix("Qt") for part in parts} <= contents.QT_LIBRARIES


@pytest.mark.parametrize(
    "destination",
    [
        "PySide6/QtCore.abi3.so",
        "PySide6/Qt/lib/libQt6Gui.so.6",
        "PySide6/Qt/lib/QtWidgets.framework/Versions/A/QtWidgets",
        "PySide6/Qt/lib/libicudata.so.73",
        "PySide6/Qt/plugins/platforms/libqxcb.so",
        "PySide6/Qt/plugins/platforms/libqcocoa.dylib",
        "PySide6/Qt/plugins/wayland-shell-integration/libxdg-shell.so",
        "PySide6\\plugins\\platforms\\qwindows.dll",
        "PySide6\\Qt6Network.dll",
        "PySide6\\QtGui.pyd",
        "libpyside6.abi3.so.6.11",
        "resources/themes/toonroom.qss",
        f"cv2/data/{contents.CASCADE}",
        "torch/lib/libtorch_cpu.so",
        "torch/lib/libgomp.so.1",
        "torch/bin/torch_shm_manager",
        "torch/_inductor/codegen/cpp.py",
        "torch/testing/_internal/common_utils.py",
        "torch/_dynamo/graph_break_registry.json",
        "torch\\lib\\torch_cpu.dll",
        "torch-2.13.0+cpu.dist-info/METADATA",
        "charset_normalizer-3.5.2.dist-info/licenses/LICENSE",
        "PyYAML-6.0.3.dist-info/METADATA",
    ],
)
def test_wanted(destination: str) -> None:
    assert contents.is_wanted(destination)


@pytest.mark.parametrize(
    "destination",
    [
        "PySide6/QtQml.abi3.so",
        "PySide6/Qt/lib/libQt6Quick.so.6",
        "PySide6/Qt/lib/QtQuick.framework/Versions/A/QtQuick",
        "PySide6/Qt/plugins/platforms/libqvnc.so",
        "PySide6/Qt/plugins/platformthemes/libqgtk3.so",
        "PySide6/Qt/plugins/sqldrivers/libqsqlite.so",
        "PySide6/Qt/qml/QtQuick/qmldir",
        "PySide6/Qt/translations/qtbase_de.qm",
        "PySide6\\Qt6OpenGL.dll",
        "PySide6\\opengl32sw.dll",
        "cv2\\opencv_videoio_ffmpeg4140_64.dll",
        "torch/include/torch/script.h",
        "torch/test/test_tensorexpr",
        "torch/bin/protoc",
        "torch/share/cmake/Torch/TorchConfig",
        "torch/lib/libtorchbind_test.so",
        "torch/lib/libbackend_with_compiler.so",
        "torch/_inductor/kernel/templates/conv.py.jinja",
        "torch/utils/model_dump/skeleton.html",
        "torch/_C/_VariableFunctions.pyi",
        "scipy-1.17.1.dist-info/METADATA",
    ],
)
def test_unwanted(destination: str) -> None:
    assert not contents.is_wanted(destination)


@pytest.mark.parametrize(
    ("destination", "kind", "expected"),
    [
        ("libgtk-3.so.0", "BINARY", True),
        ("libssl.so.3", "BINARY", False),
        ("libpython3.11.so.1.0", "BINARY", False),
        ("_pi_heif.cpython-311-x86_64-linux-gnu.so", "EXTENSION", False),
        ("pillow.libs/libtiff.so.6", "BINARY", False),
    ],
)
def test_what_is_there_for_others(destination: str, kind: str, expected: bool) -> None:
    assert contents.is_for_others(destination, kind) == expected


def test_libraries_of_libraries_are_needed_and_others_are_not() -> None:
    needs = {"app": ["a", "libc"], "a": ["b"], "b": ["a"], "gtk": ["gdk"], "gdk": ["b"]}
    assert contents.needed_libraries(["app"], ["a", "b", "gtk", "gdk"], needs) == {"a", "b"}


@pytest.mark.parametrize(
    ("version", "quad"), [(__version__, None), ("1.2", (1, 2, 0, 0)), ("2.0.1rc3", (2, 0, 1, 0))]
)
def test_windows_is_told_the_version(version: str, quad: tuple[int, int, int, int] | None) -> None:
    template = (ROOT / "packaging" / "windows" / "version-info.txt").read_text("utf-8")
    said: dict[str, object] = {}

    def keep(*arguments: object, **named: object) -> None:
        said.update(named)
        if len(arguments) == 2 and isinstance(arguments[0], str):
            said[arguments[0]] = arguments[1]

    names = ["FixedFileInfo", "StringFileInfo", "StringStruct", "StringTable"]
    names += ["VSVersionInfo", "VarFileInfo", "VarStruct"]
    # PyInstaller evaluates the file in the same way, with its own classes.
    eval(contents.version_resource(template, version), dict.fromkeys(names, keep))
    assert said["FileVersion"] == said["ProductVersion"] == version
    assert said["filevers"] == said["prodvers"]
    assert quad is None or said["filevers"] == quad


def test_desktop_file_is_whole() -> None:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(LINUX / "toonroom.desktop", encoding="utf-8")
    assert parser.sections() == ["Desktop Entry"]
    entry = parser["Desktop Entry"]
    assert {"Name", "Comment", "Terminal", "TryExec"} <= set(entry)
    assert (entry["Type"], entry["Exec"]) == ("Application", "toonroom %F")
    assert {"Graphics", "Photography"} <= set(entry["Categories"].split(";"))
    for key in ("Categories", "Keywords", "MimeType"):
        assert entry[key].endswith(";")
    # So that the window gets the entry's icon: app.py names the file, X11 the class.
    assert 'setDesktopFileName("toonroom")' in (ROOT / "desktop_app/app.py").read_text("utf-8")
    assert entry["StartupWMClass"] == "Toonroom"


def test_desktop_offers_the_app_for_every_photo_that_it_reads() -> None:
    text = (LINUX / "toonroom.desktop").read_text("utf-8")
    offered = next(line for line in text.splitlines() if line.startswith("MimeType="))
    wanted = {MIME_TYPES[suffix] for suffix in PHOTO_SUFFIXES}
    assert wanted == set(offered.removeprefix("MimeType=").rstrip(";").split(";"))


def test_software_centres_are_told_what_it_is() -> None:
    component = ElementTree.parse(LINUX / "toonroom.metainfo.xml").getroot()
    assert component.get("type") == "desktop-application"
    for tag in ("id", "metadata_license", "name", "summary"):
        assert component.findtext(tag)
    assert component.findtext("project_license") == "MIT"
    assert component.findtext("launchable") == "toonroom.desktop"
    assert component.findtext("provides/binary") == "toonroom"


def test_mac_opens_photos_with_it() -> None:
    values = plistlib.loads((ROOT / "packaging" / "macos" / "Info.plist").read_bytes())
    (kind,) = values["CFBundleDocumentTypes"]
    assert kind["CFBundleTypeRole"] == "Viewer"  # it saves elsewhere, never over the photo
    assert {"public.jpeg", "public.png", "public.heic"} <= set(kind["LSItemContentTypes"])


def test_files_for_the_desktop_lie_beside_the_program(tmp_path: Path) -> None:
    bundle.add_shared_files(tmp_path)
    share = tmp_path / "share"
    assert (share / "applications" / "toonroom.desktop").is_file()
    assert (share / "icons" / "hicolor" / "scalable" / "apps" / "toonroom.svg").is_file()
    assert "ln -sf" in (tmp_path / "INSTALL.md").read_text("utf-8")


@pytest.mark.parametrize("original", ["/theirs", None])
def test_other_programs_get_their_own_libraries(
    monkeypatch: pytest.MonkeyPatch, original: str | None
) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/bundle/_internal")
    monkeypatch.delenv("LD_LIBRARY_PATH_ORIG", raising=False)
    monkeypatch.setenv("PYINSTALLER_RESET_ENVIRONMENT", "")
    if original:
        monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", original)
    runpy.run_path(str(LINUX / "restore_library_path.py"))
    assert os.environ.get("LD_LIBRARY_PATH") == original
    assert "LD_LIBRARY_PATH_ORIG" not in os.environ
    # A worker's starter must set it anew.
    assert os.environ["PYINSTALLER_RESET_ENVIRONMENT"] == "1"


@pytest.mark.parametrize("arguments", [["--chek"], ["--check", "a", "b"], ["a", "--check"]])
def test_wrong_arguments_build_nothing(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert bundle.main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_cuda_makes_the_app_large() -> None:
    assert bundle.cuda_packages(["numpy", "torch", "nvidia-cublas"]) == ["nvidia-cublas"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("PyYAML", "pyyaml"),
        ("charset-normalizer", "charset-normalizer"),
        ("pi_heif-1.4.0.dist-info", "pi-heif"),
        ("torch-2.13.0+cpu.dist-info", "torch"),
    ],
)
def test_packages_have_one_name(name: str, expected: str) -> None:
    assert contents.distribution(name) == expected
