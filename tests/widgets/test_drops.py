"""What browsers, file managers and clipboards hand over, and what is made of it."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMimeData, QUrl
from PySide6.QtGui import QColor, QImage, QImageWriter
from pytestqt.qtbot import QtBot

from desktop_app.widgets import drops, drops_bytes
from desktop_app.widgets.drops import can_read, read_mime
from desktop_app.widgets.drops_bytes import decode_data_url, file_name, picture_suffix

JPEG = b"\xff\xd8\xff\xe0 and so on"
PNG = b"\x89PNG\r\n\x1a\n and so on"


def mime_of(**formats: bytes) -> QMimeData:
    """Return mime data; "image__png" stands for image/png, "text__uri_list" for text/uri-list."""
    mime = QMimeData()
    for name, data in formats.items():
        mime.setData(name.replace("__", "/").replace("_", "-"), QByteArray(data))
    return mime


def image_of(colour: str = "tomato") -> QImage:
    image = QImage(4, 3, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


def test_local_files_and_folders_keep_their_order(tmp_path: Path) -> None:
    paths = [tmp_path / "b.jpg", tmp_path / "folder", tmp_path / "ä ö 猫 #1?.png"]
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    assert read_mime(mime).paths == tuple(paths)
    assert can_read(mime)


def test_the_same_file_twice_is_one() -> None:
    mime = mime_of(text__uri_list=b"file:///a.jpg\r\nfile:///b.jpg\r\nfile:///a.jpg\r\n")
    assert [path.name for path in read_mime(mime).paths] == ["a.jpg", "b.jpg"]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such names")
def test_names_that_are_not_utf8_keep_their_bytes() -> None:
    mime = mime_of(text__uri_list=b"file:///tmp/caf%E9.jpg\r\n")
    assert os.fsencode(read_mime(mime).paths[0]) == b"/tmp/caf\xe9.jpg"


@pytest.mark.skipif(os.name != "posix", reason="hosts in file addresses mean shares there")
def test_localhost_in_a_file_address_is_this_machine() -> None:
    mime = mime_of(text__uri_list=b"file://localhost/tmp/a%20b.jpg\r\n")
    assert read_mime(mime).paths == (Path("/tmp/a b.jpg"),)


def test_files_cut_or_copied_in_gnome() -> None:
    mime = mime_of(x_special__gnome_copied_files=b"copy\nfile:///tmp/a.jpg\nfile:///tmp/b.jpg")
    assert read_mime(mime).paths == (Path("/tmp/a.jpg"), Path("/tmp/b.jpg"))
    assert can_read(mime)


def test_chromium_gives_the_original_bytes() -> None:
    mime = mime_of(application__octet_stream=JPEG)
    mime.setUrls([QUrl("https://example.com/page")])
    mime.setHtml('<img src="https://example.com/pics/Gr%C3%BCn.jpeg" alt="green">')
    dropped = read_mime(mime)
    assert dropped.data == JPEG
    assert dropped.name == "Grün.jpg"


def test_octet_stream_goes_before_what_was_encoded_again() -> None:
    mime = mime_of(image__png=PNG, application__octet_stream=JPEG)
    assert read_mime(mime).data == JPEG


def test_octet_stream_of_something_else_is_passed_over(qtbot: QtBot) -> None:
    mime = mime_of(application__octet_stream=b"%PDF-1.7 and so on")
    mime.setImageData(image_of())
    dropped = read_mime(mime)
    assert dropped.data is None
    assert dropped.image is not None
    assert dropped.image.pixelColor(0, 0) == QColor("tomato")


def test_firefox_gives_png_and_a_link_that_is_not_the_picture() -> None:
    mime = mime_of(image__png=PNG)
    mime.setUrls([QUrl("https://example.com/article.html")])
    mime.setHtml('<a href="article.html"><img src="https://example.com/cat.webp"></a>')
    dropped = read_mime(mime)
    assert dropped.data == PNG
    assert dropped.name == "cat.png"


def test_lossless_bytes_go_before_lossy_ones() -> None:
    assert read_mime(mime_of(image__jpeg=JPEG, image__png=PNG)).data == PNG


def test_a_picture_without_file_or_address_still_has_a_name(qtbot: QtBot) -> None:
    mime = QMimeData()
    mime.setImageData(image_of())
    assert can_read(mime)
    assert read_mime(mime).name == "Picture.png"


def test_alt_text_names_what_has_no_address() -> None:
    mime = mime_of(image__png=PNG)
    mime.setHtml('<img src="blob:https://example.com/1-2-3" alt="A/cat: asleep">')
    assert read_mime(mime).name == "A cat asleep.png"


@pytest.mark.parametrize(
    "body",
    [
        "data:image/png;base64," + base64.b64encode(PNG).decode(),
        "data:image/png;base64," + base64.b64encode(PNG).decode().rstrip("="),
        "data:image/png;base64," + base64.urlsafe_b64encode(PNG).decode(),
        "data:image/png;name=a;base64,"
        + base64.b64encode(PNG).decode().replace("=", "%3D").replace("+", "%2B"),
        "data:image/png," + quote_from_bytes(PNG),
    ],
)
def test_data_addresses(body: str) -> None:
    in_html, as_text = QMimeData(), QMimeData()
    in_html.setHtml(f'<IMG SRC="{body}">')
    as_text.setText(body)
    for mime in (in_html, as_text):
        assert can_read(mime)
        assert read_mime(mime).data == PNG


def test_a_garbled_data_address_is_refused_with_a_sentence() -> None:
    mime = QMimeData()
    mime.setText("data:image/png;base64,!!!!")
    assert read_mime(mime).refusal == drops.BROKEN_DATA


def test_the_picture_in_the_html_goes_before_the_link_around_it() -> None:
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.com/article.html")])
    mime.setHtml('<a href="x"><img src="https://example.com/cat.webp?size=3"></a>')
    dropped = read_mime(mime)
    assert dropped.url == "https://example.com/cat.webp?size=3"
    assert dropped.name == "cat.webp"


def test_an_address_without_a_scheme_of_its_own() -> None:
    mime = QMimeData()
    mime.setHtml('<img src="//cdn.example.com/cat.png">')
    assert read_mime(mime).url == "https://cdn.example.com/cat.png"


def test_mozillas_own_format() -> None:
    mime = mime_of(text__x_moz_url="https://example.com/cat.png\nA cat".encode("utf-16-le"))
    assert read_mime(mime).url == "https://example.com/cat.png"


def test_a_page_opened_from_disk() -> None:
    mime = QMimeData()
    mime.setHtml('<img src="file:///tmp/cat%20asleep.png">')
    assert read_mime(mime).paths == (Path("/tmp/cat asleep.png"),)


def test_paths_as_text(tmp_path: Path) -> None:
    photo = tmp_path / "ein Foto.jpg"
    photo.touch()
    for text in (str(photo), f"'{photo}'", f"{photo}\n", photo.as_uri()):
        mime = QMimeData()
        mime.setText(text)
        assert read_mime(mime).paths == (photo,), text
        assert can_read(mime)


@pytest.mark.parametrize(
    "text", ["", "hello", "/no/such/file.jpg", "~nobody/at/all", "relative.jpg", "/\0", "data:"]
)
def test_other_text_is_refused(text: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    assert read_mime(mime).refusal == drops.REFUSAL
    assert not can_read(mime)


def test_pictures_that_live_only_in_their_page() -> None:
    mime = QMimeData()
    mime.setHtml('<img src="blob:https://example.com/1-2-3">')
    assert read_mime(mime).refusal == drops.UNREACHABLE


def test_nothing_at_all() -> None:
    assert read_mime(QMimeData()).refusal == drops.REFUSAL
    assert not can_read(QMimeData())


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drops, "MAX_BYTES", 8)
    assert read_mime(mime_of(image__jpeg=JPEG)).refusal == drops.TOO_BIG
    mime = QMimeData()
    mime.setText("data:image/jpeg;base64," + "A" * 2000)
    assert read_mime(mime).refusal == drops.TOO_BIG
    assert drops_bytes.MAX_BYTES == 256 * 1024 * 1024


def test_hovering_does_not_ask_for_the_data() -> None:
    class Slow(QMimeData):
        def retrieveData(self, mimetype: str, _kind: object) -> object:
            raise AssertionError(f"{mimetype} was fetched")

        def hasFormat(self, mimetype: str) -> bool:
            return mimetype in self.formats()

        def formats(self) -> list[str]:
            return ["application/octet-stream"]

    assert can_read(Slow())


@pytest.mark.parametrize("kind", ["PNG", "JPG", "BMP", "PPM", "WEBP", "TIFF"])
def test_what_qt_writes_is_recognised(kind: str) -> None:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert QImageWriter(buffer, QByteArray(kind.encode())).write(image_of())
    wanted = {"TIFF": ".tif"}.get(kind, f".{kind.lower()}")
    assert picture_suffix(bytes(buffer.data().data())) == wanted


@pytest.mark.parametrize(
    ("data", "suffix"),
    [
        (b"\0\0\0\x1cftypavif\0\0\0\0", ".avif"),
        (b"\0\0\0\x24ftypheic\0\0\0\0", ".heic"),
        (b"\0\0\0\x24ftypmp42\0\0\0\0", ""),
        (b"GIF89a....", ".gif"),
        (b"P5 # grey\n3 2 255 ", ".ppm"),
        (b"BM is how a text may begin, too", ""),
        (b"P6 days to go", ""),
        (b"", ""),
    ],
)
def test_magic(data: bytes, suffix: str) -> None:
    assert picture_suffix(data) == suffix


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://example.com/a/cat.jpeg?x=1#y", "cat.png"),
        ("https://example.com/a/cat", "cat.png"),
        ("https://example.com/", ""),
        ("https://example.com/%2e%2e%2f%2e%2e%2fetc%2fpasswd", "etc passwd.png"),
        ("https://example.com/" + "n" * 500 + ".jpg", "n" * 120 + ".png"),
        ("https://[broken/a.jpg", ""),
    ],
)
def test_names_from_addresses(address: str, name: str) -> None:
    assert file_name(address, ".png") == name


@given(st.binary(max_size=200), st.booleans())
def test_data_addresses_give_back_what_went_in(data: bytes, is_base64: bool) -> None:
    if is_base64:
        address = "data:;base64," + base64.b64encode(data).decode()
    else:
        address = "data:," + quote_from_bytes(data)
    assert decode_data_url(address) == data


@given(st.text(max_size=300))
def test_any_text_gives_a_file_or_a_sentence(text: str) -> None:
    mime = QMimeData()
    mime.setText(text)
    dropped = read_mime(mime)
    fields = (dropped.paths, dropped.data, dropped.url, dropped.refusal)
    assert sum(bool(field) for field in fields) == 1


@given(st.text(max_size=300))
def test_any_html_gives_something_or_a_sentence(html: str) -> None:
    mime = QMimeData()
    mime.setHtml(f"<img src='{html}")
    dropped = read_mime(mime)
    fields = (dropped.paths, dropped.data, dropped.url, dropped.refusal)
    assert sum(bool(field) for field in fields) == 1


def test_windows_paths_are_no_paths_elsewhere() -> None:
    if sys.platform == "win32":
        pytest.skip("they are paths here")
    mime = QMimeData()
    mime.setText("C:\\Users\\me\\photo.jpg")
    assert read_mime(mime).refusal == drops.REFUSAL
