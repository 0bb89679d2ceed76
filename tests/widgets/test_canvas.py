"""The canvas, driven by the events that hands make."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QNativeGestureEvent,
    QPalette,
    QPointingDevice,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from desktop_app.widgets.canvas import Canvas, CompareMode, MessageKind
from desktop_app.widgets.canvas_handle import DragHandle
from desktop_app.widgets.canvas_message import INFO_SHOWN_MS, MessageBar

RGB32 = QImage.Format.Format_RGB32
LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
BLUE, RED, GREEN = QColor("#2040c0"), QColor("#c02020"), QColor("#20a040")


def flat(width: int, height: int, colour: QColor) -> QImage:
    image = QImage(width, height, RGB32)
    image.fill(colour)
    return image


def noise(width: int, height: int) -> QImage:
    pixels = np.random.default_rng(3).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return QImage(pixels.data, width, height, 4 * width, RGB32).copy()


@pytest.fixture
def canvas(qtbot: QtBot) -> Canvas:
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(640, 480)
    canvas.show()
    qtbot.waitExposed(canvas)
    canvas.activateWindow()
    canvas.setFocus()
    qtbot.waitUntil(canvas.hasFocus)
    return canvas


@pytest.fixture
def with_photo(canvas: Canvas) -> Canvas:
    canvas.set_photo([flat(1200, 800, BLUE), flat(600, 400, BLUE)])
    return canvas


@pytest.fixture
def with_result(with_photo: Canvas) -> Canvas:
    with_photo.set_result([flat(300, 200, RED)])  # another size than the photo's
    return with_photo


def pixel(canvas: Canvas, x: float, y: float) -> QColor:
    return canvas.grab().toImage().pixelColor(int(x), int(y))


def wheel(
    canvas: Canvas,
    at: QPointF,
    angle: int = 0,
    pixels: QPoint | None = None,
    phase: Qt.ScrollPhase = Qt.ScrollPhase.NoScrollPhase,
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    event = QWheelEvent(
        at,
        canvas.mapToGlobal(at),
        pixels or QPoint(),
        QPoint(0, angle),
        Qt.MouseButton.NoButton,
        modifiers,
        phase,
        False,
    )
    QApplication.sendEvent(canvas, event)


def drag(canvas: QWidget, button: Qt.MouseButton, start: QPoint, *moves: QPoint) -> None:
    QTest.mousePress(canvas, button, pos=start)
    for move in moves:
        QTest.mouseMove(canvas, move)
    QTest.mouseRelease(canvas, button, pos=moves[-1])


def centre_of(canvas: Canvas) -> QPointF:
    return canvas.photo_point(QPointF(canvas.width() / 2, canvas.height() / 2))


# --- the empty canvas


def test_a_click_anywhere_on_the_empty_canvas_asks_for_photos(qtbot: QtBot, canvas: Canvas) -> None:
    for at in (QPoint(5, 5), QPoint(320, 240)):
        with qtbot.waitSignal(canvas.open_requested):
            QTest.mouseClick(canvas, LEFT, pos=at)
    with qtbot.assertNotEmitted(canvas.open_requested):
        QTest.mouseClick(canvas, Qt.MouseButton.RightButton, pos=QPoint(320, 240))
        drag(canvas, LEFT, QPoint(320, 240), QPoint(-50, -50))


def test_a_double_click_asks_for_photos_once(qtbot: QtBot, canvas: Canvas) -> None:
    asked: list[bool] = []
    canvas.open_requested.connect(lambda: asked.append(True))
    QTest.mouseClick(canvas, LEFT)
    QTest.mouseDClick(canvas, LEFT)  # what comes instead of the second press
    QTest.mouseRelease(canvas, LEFT)
    assert asked == [True]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_keys_on_the_empty_canvas_ask_for_photos(qtbot: QtBot, canvas: Canvas, key: Qt.Key) -> None:
    with qtbot.waitSignal(canvas.open_requested):
        QTest.keyClick(canvas, key)


def test_the_empty_canvas_moves_nowhere(canvas: Canvas) -> None:
    wheel(canvas, QPointF(10, 10), 120)
    canvas.zoom_in()
    canvas.zoom_fit()
    QTest.mouseDClick(canvas, LEFT)
    QTest.keyClick(canvas, Qt.Key.Key_Left)
    canvas.set_preview(flat(5, 5, RED))
    assert not canvas.has_photo
    assert canvas.grab().toImage() != QImage()


def test_a_click_on_a_photo_asks_for_nothing(qtbot: QtBot, with_photo: Canvas) -> None:
    with qtbot.assertNotEmitted(with_photo.open_requested):
        QTest.mouseClick(with_photo, LEFT)
        QTest.keyClick(with_photo, Qt.Key.Key_Space)


def test_while_the_first_photo_opens_there_is_nothing_to_click(
    qtbot: QtBot, canvas: Canvas
) -> None:
    canvas.set_busy(True)
    with qtbot.assertNotEmitted(canvas.open_requested):
        QTest.mouseClick(canvas, LEFT)
    assert "Opening" in canvas.accessibleDescription()


@pytest.mark.parametrize(("window", "ink"), [("#ececec", "#1e1e1e"), ("#202020", "#f0f0f0")])
def test_the_empty_canvas_can_be_read_in_both_themes(canvas: Canvas, window: str, ink: str) -> None:
    palette = canvas.palette()
    palette.setColor(QPalette.ColorRole.Window, QColor(window))
    palette.setColor(QPalette.ColorRole.Dark, QColor(window))
    palette.setColor(QPalette.ColorRole.WindowText, QColor(ink))
    canvas.setPalette(palette)
    image = canvas.grab().toImage()
    greys = [
        image.pixelColor(x, y).lightness() for x in range(180, 460, 1) for y in range(180, 330, 1)
    ]
    assert max(greys) - min(greys) > 150  # the title stands out


# --- zoom and position


def test_a_photo_is_fitted_and_fills_its_rectangle(with_photo: Canvas) -> None:
    assert with_photo.is_fitted
    assert with_photo.zoom == pytest.approx(0.5)
    assert pixel(with_photo, 320, 240) == BLUE
    assert pixel(with_photo, 22, 240) == BLUE
    assert pixel(with_photo, 5, 240) != BLUE
    with_photo.resize(340, 480)
    assert with_photo.zoom == pytest.approx(0.25)


def test_the_wheel_zooms_at_the_pointer(qtbot: QtBot, with_photo: Canvas) -> None:
    at = QPointF(200, 200)
    wheel(with_photo, at, 360)
    before = with_photo.photo_point(at)
    with qtbot.waitSignal(with_photo.zoom_changed) as caught:
        wheel(with_photo, at, 360)
    assert caught.args == [pytest.approx(2.0)]
    assert not with_photo.is_fitted
    now = with_photo.photo_point(at)
    assert (now - before).manhattanLength() < 1.5
    wheel(with_photo, at, -360)
    assert with_photo.zoom == pytest.approx(1.0)


def test_fine_wheels_zoom_in_fine_steps(with_photo: Canvas) -> None:
    wheel(with_photo, QPointF(320, 240), 15)
    assert 0.5 < with_photo.zoom < 0.52
    wheel(with_photo, QPointF(320, 240), pixels=QPoint(0, 180))
    assert with_photo.zoom > 1.0


def test_two_fingers_on_a_touchpad_move_the_photo_and_zoom_with_ctrl(with_photo: Canvas) -> None:
    with_photo.zoom_actual()
    before = centre_of(with_photo)
    update = Qt.ScrollPhase.ScrollUpdate
    wheel(with_photo, QPointF(320, 240), pixels=QPoint(-30, -20), phase=update)
    assert centre_of(with_photo) - before == QPointF(30, 20)
    assert with_photo.zoom == 1.0
    control = Qt.KeyboardModifier.ControlModifier
    wheel(with_photo, QPointF(320, 240), pixels=QPoint(0, 180), phase=update, modifiers=control)
    assert with_photo.zoom == pytest.approx(2.0)


def native_gesture(kind: Qt.NativeGestureType, value: float) -> QNativeGestureEvent:
    at = QPointF(320, 240)
    device = QPointingDevice.primaryPointingDevice()
    return QNativeGestureEvent(kind, device, 2, at, at, at, value, QPointF(), 1)


def test_pinching_zooms_and_a_double_tap_toggles(with_photo: Canvas) -> None:
    kinds = Qt.NativeGestureType
    QApplication.sendEvent(with_photo, native_gesture(kinds.ZoomNativeGesture, 0.5))
    assert with_photo.zoom == pytest.approx(0.75)
    QApplication.sendEvent(with_photo, native_gesture(kinds.SmartZoomNativeGesture, 1.0))
    assert with_photo.is_fitted


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS tells pinches as native gestures")
def test_two_fingers_on_a_screen_zoom_where_they_are(with_photo: Canvas) -> None:
    screen = QTest.createTouchDevice()
    middle = with_photo.photo_point(QPointF(200, 240))

    def fingers(reach: int, step: str) -> None:
        touch = QTest.touchEvent(with_photo, screen, False)
        for number, x in enumerate((200 - reach, 200 + reach)):
            getattr(touch, step)(number, QPoint(x, 240), with_photo)
        touch.commit()
        QApplication.processEvents()

    fingers(40, "press")
    for reach in range(44, 121, 4):
        fingers(reach, "move")
    fingers(120, "release")
    assert 1.2 < with_photo.zoom < 1.6
    assert (with_photo.photo_point(QPointF(200, 240)) - middle).manhattanLength() < 12


def test_stops(with_photo: Canvas) -> None:
    with_photo.zoom_in()
    assert with_photo.zoom == pytest.approx(2 / 3)
    with_photo.zoom_out()
    with_photo.zoom_out()
    assert with_photo.zoom == pytest.approx(1 / 3)
    with_photo.zoom_actual()
    assert with_photo.zoom == 1.0
    with_photo.zoom_fit()
    assert with_photo.is_fitted


def test_100_percent_shows_exact_pixels(canvas: Canvas) -> None:
    photo = noise(1000, 900)
    canvas.set_photo([photo, flat(500, 450, RED)])
    canvas.zoom_to(1.0, QPointF(0, 0))
    corner = canvas.photo_point(QPointF(0, 0)).toPoint()
    assert canvas.grab().toImage().convertToFormat(RGB32) == photo.copy(
        corner.x(), corner.y(), 640, 480
    )


def test_beyond_200_percent_pixels_are_squares(canvas: Canvas) -> None:
    checks = QImage(400, 300, RGB32)
    for y in range(300):
        for x in range(400):
            checks.setPixelColor(x, y, QColor("white" if (x + y) % 2 else "black"))
    canvas.set_photo([checks])
    canvas.zoom_to(8.0)
    canvas._handle.hide()
    image = canvas.grab().toImage()
    values = {image.pixelColor(x, 100).red() for x in range(100, 500)}
    assert values == {0, 255}


@pytest.mark.parametrize("is_with_space", [True, False])
def test_space_or_the_middle_button_drags_the_photo(
    with_result: Canvas, is_with_space: bool
) -> None:
    with_result.zoom_actual()
    before = centre_of(with_result)
    if is_with_space:
        QTest.keyPress(with_result, Qt.Key.Key_Space)
    drag(with_result, LEFT if is_with_space else MIDDLE, QPoint(300, 200), QPoint(260, 230))
    assert centre_of(with_result) - before == QPointF(40, -30)
    if is_with_space:
        QTest.keyRelease(with_result, Qt.Key.Key_Space)


def test_arrows_move_a_zoomed_photo(with_photo: Canvas) -> None:
    before = centre_of(with_photo)
    QTest.keyClick(with_photo, Qt.Key.Key_Right)
    assert centre_of(with_photo) == before
    with_photo.zoom_actual()
    QTest.keyClick(with_photo, Qt.Key.Key_Right)
    QTest.keyClick(with_photo, Qt.Key.Key_Up)
    moved = centre_of(with_photo) - before
    assert moved.x() > 0
    assert moved.y() < 0


def test_a_double_click_toggles_between_all_and_100_percent(with_photo: Canvas) -> None:
    at = QPoint(100, 100)
    before = with_photo.photo_point(QPointF(at))
    QTest.mouseDClick(with_photo, LEFT, pos=at)
    assert with_photo.zoom == 1.0
    assert (with_photo.photo_point(QPointF(at)) - before).manhattanLength() < 2
    QTest.mouseDClick(with_photo, LEFT, pos=at)
    assert with_photo.is_fitted


def test_the_same_photo_again_keeps_zoom_and_cartoon_but_another_does_not(
    canvas: Canvas,
) -> None:
    levels = [flat(1200, 800, BLUE)]
    canvas.set_photo(levels)
    canvas.set_result([flat(1200, 800, RED)])
    canvas.zoom_actual()
    canvas.set_photo(levels)
    assert canvas.zoom == 1.0
    assert canvas.has_result
    canvas.set_photo([flat(600, 800, GREEN)])
    assert canvas.is_fitted
    assert not canvas.has_result


def test_clear_leaves_an_empty_canvas(qtbot: QtBot, with_result: Canvas) -> None:
    with_result.clear()
    assert not with_result.has_photo
    with qtbot.waitSignal(with_result.open_requested):
        QTest.mouseClick(with_result, LEFT)


# --- previews, results, before and after


def test_result_and_preview_fill_the_photos_rectangle(with_result: Canvas) -> None:
    assert pixel(with_result, 320, 240) == RED
    assert pixel(with_result, 22, 240) == RED
    with_result.set_preview(flat(30, 20, GREEN))
    assert pixel(with_result, 22, 240) == GREEN
    with_result.set_preview(None)
    assert pixel(with_result, 320, 240) == RED
    with_result.set_preview(flat(30, 20, GREEN))
    with_result.set_result([flat(600, 400, RED)])
    assert pixel(with_result, 320, 240) == RED
    with_result.set_result(None)
    assert pixel(with_result, 320, 240) == BLUE


def test_transparency_shows_a_checkerboard(canvas: Canvas) -> None:
    image = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    canvas.set_photo([image])
    grabbed = canvas.grab().toImage()
    colours = {grabbed.pixel(x, 240) for x in range(200, 300)}
    assert len(colours) == 2


@pytest.mark.parametrize("key", [Qt.Key.Key_B, Qt.Key.Key_Backslash])
def test_a_held_key_shows_the_photo(qtbot: QtBot, with_result: Canvas, key: Qt.Key) -> None:
    modes: list[CompareMode] = []
    with_result.compare_changed.connect(modes.append)
    QTest.keyPress(with_result, key)
    assert pixel(with_result, 320, 240) == BLUE
    for kind in (QKeyEvent.Type.KeyRelease, QKeyEvent.Type.KeyPress):  # the keyboard repeats
        none = Qt.KeyboardModifier.NoModifier
        QApplication.sendEvent(with_result, QKeyEvent(kind, key, none, "", True))
    assert pixel(with_result, 320, 240) == BLUE
    QTest.keyRelease(with_result, key)
    assert pixel(with_result, 320, 240) == RED
    assert modes == [CompareMode.HOLD_BEFORE, CompareMode.OFF]


def test_holding_ends_when_the_focus_goes(qtbot: QtBot, with_result: Canvas) -> None:
    with_result.set_compare(CompareMode.SPLIT)
    QTest.keyPress(with_result, Qt.Key.Key_B)
    with_result.clearFocus()
    assert with_result.compare is CompareMode.SPLIT


def test_a_held_key_takes_no_shortcut_away(with_result: Canvas) -> None:
    QTest.keyClick(with_result, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert with_result.compare is CompareMode.OFF


def test_split_shows_the_photo_left_and_the_cartoon_right(with_result: Canvas) -> None:
    with_result.set_compare(CompareMode.SPLIT)
    with_result.set_split(0.25)
    area = with_result.picture_rect()
    x = area.left() + area.width() * 0.25
    y = area.bottom() - 60
    assert pixel(with_result, x - 20, y) == BLUE
    assert pixel(with_result, x + 20, y) == RED
    with_result.set_split(0.0)
    assert pixel(with_result, area.left() + 30, y) == RED
    with_result.set_split(1.0)
    assert pixel(with_result, area.right() - 80, y) == BLUE


def test_the_divider_is_dragged_and_comes_back_with_a_double_click(
    qtbot: QtBot, with_result: Canvas
) -> None:
    with_result.set_compare(CompareMode.SPLIT)
    area = with_result.picture_rect()
    start = QPoint(round(with_result.divider_x()) + 5, 300)
    goal = QPoint(round(area.left() + area.width() * 0.8) + 5, 310)
    with (
        qtbot.waitSignal(with_result.split_changed),
        qtbot.assertNotEmitted(with_result.drag_out_requested),
    ):
        drag(with_result, LEFT, start, QPoint(400, 300), goal)
    assert with_result.split == pytest.approx(0.8, abs=0.005)
    QTest.mouseDClick(with_result, LEFT, pos=goal)
    assert with_result.split == 0.5
    assert with_result.is_fitted


def test_shift_and_arrows_move_the_divider(with_result: Canvas) -> None:
    shift = Qt.KeyboardModifier.ShiftModifier
    with_result.set_compare(CompareMode.SPLIT)
    QTest.keyClick(with_result, Qt.Key.Key_Right, shift)
    assert with_result.split == pytest.approx(0.52)
    for _ in range(60):
        QTest.keyClick(with_result, Qt.Key.Key_Left, shift)
    assert with_result.split == 0.0
    assert "divided at 0%" in with_result.accessibleDescription()


def test_moving_the_divider_paints_all_that_changed(with_result: Canvas) -> None:
    with_result.set_compare(CompareMode.SPLIT)
    QApplication.processEvents()
    for share in (0.1, 0.9, 0.3):
        with_result.set_split(share)
        QApplication.processEvents()
        on_screen = with_result.screen().grabWindow(with_result.winId()).toImage()
        anew = with_result.grab().toImage()
        assert on_screen.convertToFormat(RGB32) == anew.convertToFormat(RGB32)


def test_without_a_cartoon_there_is_nothing_to_divide(with_photo: Canvas) -> None:
    with_photo.set_compare(CompareMode.SPLIT)
    assert not with_photo.is_split
    assert pixel(with_photo, 320, 240) == BLUE


# --- the cartoon goes out


def test_a_fitted_cartoon_is_dragged_out(qtbot: QtBot, with_result: Canvas) -> None:
    with qtbot.waitSignal(with_result.drag_out_requested):
        drag(with_result, LEFT, QPoint(300, 200), QPoint(302, 200), QPoint(340, 220))
    with qtbot.assertNotEmitted(with_result.drag_out_requested):
        drag(with_result, LEFT, QPoint(300, 200), QPoint(302, 201))  # a shaky click
        drag(with_result, LEFT, QPoint(3, 3), QPoint(90, 90))  # not on the picture


def test_a_zoomed_cartoon_moves_instead_and_has_its_handle(
    qtbot: QtBot, with_result: Canvas
) -> None:
    with_result.zoom_actual()
    with qtbot.assertNotEmitted(with_result.drag_out_requested):
        drag(with_result, LEFT, QPoint(300, 200), QPoint(340, 220))
    handle = with_result.findChild(DragHandle)
    assert handle is not None
    assert handle.isVisible()
    with qtbot.waitSignal(with_result.drag_out_requested):
        drag(handle, LEFT, QPoint(18, 18), QPoint(60, 60))


def test_there_is_nothing_to_drag_out_of_a_photo_or_a_preview(
    qtbot: QtBot, with_result: Canvas
) -> None:
    handle = with_result.findChild(DragHandle)
    assert handle is not None
    states: list[Callable[[], None]] = [
        lambda: with_result.set_preview(flat(3, 2, GREEN)),
        lambda: with_result.set_busy(True),
        lambda: with_result.set_result(None),
    ]
    for state in states:
        state()
        assert not handle.isVisible()
        with qtbot.assertNotEmitted(with_result.drag_out_requested):
            drag(with_result, LEFT, QPoint(300, 200), QPoint(380, 250))


# --- messages


def bar_of(canvas: Canvas) -> MessageBar:
    bar = canvas.findChild(MessageBar)
    assert bar is not None
    return bar


def test_a_message_is_dismissed_by_its_cross_or_esc(canvas: Canvas) -> None:
    canvas.set_message("It is broken.", MessageKind.ERROR)
    assert canvas.message == "It is broken."
    assert canvas.message_kind is MessageKind.ERROR
    assert bar_of(canvas).isVisible()
    QTest.keyClick(canvas, Qt.Key.Key_Escape)
    assert canvas.message == ""
    canvas.set_message("It is broken.", MessageKind.ERROR)
    QTest.mouseClick(bar_of(canvas)._close, LEFT)
    assert canvas.message == ""
    assert not bar_of(canvas).isVisible()


def test_only_calm_messages_go_by_themselves(qtbot: QtBot, canvas: Canvas) -> None:
    timer = bar_of(canvas)._timer
    canvas.set_message("Saved.", MessageKind.DONE)
    assert timer.isActive()
    assert timer.interval() == INFO_SHOWN_MS
    timer.setInterval(1)
    qtbot.waitUntil(lambda: canvas.message == "")
    assert not bar_of(canvas).isVisible()
    for kind, action in (
        (MessageKind.ERROR, ""),
        (MessageKind.WARNING, ""),
        (MessageKind.INFO, "Undo"),
    ):
        canvas.set_message("Look.", kind, action)
        assert not timer.isActive()


def test_the_button_in_a_message(qtbot: QtBot, canvas: Canvas) -> None:
    canvas.set_message("This picture is on example.com.", MessageKind.INFO, "Fetch")
    with qtbot.waitSignal(canvas.message_action_triggered):
        QTest.mouseClick(bar_of(canvas)._action, LEFT)
    assert canvas.message == ""


def test_a_long_message_stays_within_the_canvas(canvas: Canvas) -> None:
    canvas.resize(320, 240)
    canvas.set_message("A sentence that does not end, " * 6 + "ends.", MessageKind.ERROR)
    QApplication.processEvents()
    assert canvas.rect().contains(bar_of(canvas).geometry())
    assert bar_of(canvas)._text.height() >= bar_of(canvas)._text.heightForWidth(
        bar_of(canvas)._text.width()
    )


# --- for those who do not see it


def test_the_description_tells_what_is_shown(with_photo: Canvas) -> None:
    assert with_photo.accessibleName() == "Picture"
    assert with_photo.accessibleDescription().startswith("The photo; 1200 by 800 pixels, at 50%")
    with_photo.set_result([flat(300, 200, RED)])
    assert with_photo.accessibleDescription().startswith("The cartoon;")
    with_photo.set_compare(CompareMode.SPLIT)
    assert "divided at 50%" in with_photo.accessibleDescription()
    with_photo.begin_hold()
    assert with_photo.accessibleDescription().startswith("The photo;")
    with_photo.end_hold()
    with_photo.set_preview(flat(3, 2, GREEN))
    with_photo.set_compare(CompareMode.OFF)
    assert with_photo.accessibleDescription().startswith("The cartoon while it develops;")
    with_photo.clear()
    assert with_photo.accessibleDescription().startswith("Drop photos here")


# --- speed


def test_a_12_megapixel_photo_is_painted_within_a_frame(canvas: Canvas) -> None:
    levels = [flat(4000 >> n, 3000 >> n, BLUE) for n in range(4)]
    canvas.resize(1280, 800)
    canvas.set_photo(levels)
    canvas.set_result([level.copy() for level in levels])
    for zoom in (canvas.zoom, 1.0):
        canvas.zoom_to(zoom)
        seconds: list[float] = []
        for step in range(12):
            canvas.pan(3 if step % 2 else -3, 2)
            start = time.thread_time()  # others may use the processor meanwhile
            canvas.repaint()
            seconds.append(time.thread_time() - start)
        assert min(seconds) < 0.016, seconds
