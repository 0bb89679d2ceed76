"""The develop panel shows a Request and says what the artist wants changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QDoubleSpinBox, QSlider, QSpinBox
from pytestqt.qtbot import QtBot

from desktop_app.core.engine import Capabilities
from desktop_app.core.events import Interpretation
from desktop_app.core.looks import Look, ParameterSpec
from desktop_app.core.request import MAX_SEED, Request
from desktop_app.engines.classic.parameters import SPECS
from desktop_app.widgets.develop_panel import DevelopPanel
from desktop_app.widgets.guidance_section import IMAGE, STEPS, TEXT
from desktop_app.widgets.parameter_rows import SliderRow, SwitchRow

WIDTH = ParameterSpec("line_width", "Line width", "Broader pen.", 0.4, 3.0, 1.0, 0.1, "Lines")
COLOURS = ParameterSpec("colours", "Colours", "More colours.", 3.0, 64.0, 28.0, 1.0, "Flats")
MONO = ParameterSpec("mono", "Black and white", "No colour.", 0.0, 1.0, 0.0, 1.0, "Colour")
LOOKS = (Look("cartoon", "Cartoon", "a", "x"), Look("manga", "Manga", "b", "y"))
CLASSIC = Capabilities("classic", "Classic", LOOKS, (WIDTH, COLOURS, MONO), uses_seed=True)
OTHER = Capabilities("other", "Other", uses_guidance=True)


@pytest.fixture
def panel(qtbot: QtBot) -> DevelopPanel:
    panel = DevelopPanel()
    qtbot.addWidget(panel)
    panel.set_engines([CLASSIC, OTHER])
    panel.set_capabilities(CLASSIC)
    panel.reflect(Request(), Interpretation("cartoon", parameters={"line_width": 1.4}))
    panel.resize(340, 900)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def slider_row(panel: DevelopPanel, name: str) -> SliderRow:
    row = panel.row(name)
    assert isinstance(row, SliderRow)
    return row


def test_values_of_the_interpretation_are_shown(panel: DevelopPanel) -> None:
    row = slider_row(panel, "line_width")
    assert row.field.value() == pytest.approx(1.4)
    assert row.slider.number() == pytest.approx(1.4)
    assert row.label.text() == "Line width"
    assert slider_row(panel, "colours").field.value() == 28


def test_showing_values_asks_for_nothing(qtbot: QtBot, panel: DevelopPanel) -> None:
    request = Request(parameters={"line_width": 2.0}, seed=7, blend=0.4, size_px=900)
    with (
        qtbot.assertNotEmitted(panel.parameter_changed),
        qtbot.assertNotEmitted(panel.field_changed),
        qtbot.assertNotEmitted(panel.look_requested),
    ):
        panel.reflect(request, Interpretation("manga", parameters={"line_width": 2.0}))
    assert panel.look_picker.currentText() == "Manga"
    assert panel.picture.blend_slider.value() == 40
    assert panel.picture.seed_field.value() == 7
    assert panel.picture.size_field.value() == 900


def test_a_value_set_by_hand_is_marked(panel: DevelopPanel) -> None:
    request = Request(parameters={"line_width": 2.0})
    panel.reflect(request, Interpretation("cartoon", parameters={"line_width": 2.0}))
    assert "•" in panel.row("line_width").label.text()
    assert panel.reset_button.isEnabled()
    panel.reflect(Request(), Interpretation("cartoon"))
    assert "•" not in panel.row("line_width").label.text()
    assert not panel.reset_button.isEnabled()


def test_every_name_has_room_for_its_mark(qtbot: QtBot) -> None:
    for spec in (*SPECS, TEXT, IMAGE, STEPS):
        row = SliderRow(spec)
        qtbot.addWidget(row)
        row.setStyleSheet('QLabel[overridden="true"] { font-weight: 600; }')  # as the theme does
        row.show_value(spec.default, overridden=True)
        row.show()
        needed = row.label.fontMetrics().horizontalAdvance(row.label.text())
        assert needed <= row.label.width(), spec.label


def test_keys_move_a_slider_by_one_step(qtbot: QtBot, panel: DevelopPanel) -> None:
    row = slider_row(panel, "line_width")
    with qtbot.waitSignal(panel.parameter_changed) as blocker:
        qtbot.keyClick(row.slider, Qt.Key.Key_Right)
    assert blocker.args is not None
    assert blocker.args[0] == "line_width"
    assert blocker.args[1] == pytest.approx(1.5)
    assert row.field.value() == pytest.approx(1.5)


def test_a_click_moves_a_slider_there(qtbot: QtBot, panel: DevelopPanel) -> None:
    slider = slider_row(panel, "line_width").slider
    with qtbot.waitSignal(panel.parameter_changed) as blocker:
        at = QPoint(slider.width() - 3, slider.height() // 2)
        qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=at)
    assert blocker.args is not None
    assert blocker.args[1] == pytest.approx(3.0)


@pytest.mark.parametrize("target", ["slider", "label"])
def test_a_double_click_resets(qtbot: QtBot, panel: DevelopPanel, target: str) -> None:
    row = slider_row(panel, "line_width")
    widget = row.slider if target == "slider" else row.label
    with qtbot.waitSignal(panel.parameter_reset_requested) as blocker:
        qtbot.mouseDClick(widget, Qt.MouseButton.LeftButton)
    assert blocker.args == ["line_width"]


def test_a_number_is_typed(qtbot: QtBot, panel: DevelopPanel) -> None:
    row = slider_row(panel, "colours")
    row.field.setFocus()
    row.field.selectAll()
    with qtbot.waitSignal(panel.parameter_changed) as blocker:
        qtbot.keyClicks(row.field, "12")
        qtbot.keyClick(row.field, Qt.Key.Key_Return)
    assert blocker.args == ["colours", 12.0]


def test_what_is_on_or_off_is_a_box(qtbot: QtBot, panel: DevelopPanel) -> None:
    row = panel.row("mono")
    assert isinstance(row, SwitchRow)
    with qtbot.waitSignal(panel.parameter_changed) as blocker:
        row.box.click()
    assert blocker.args == ["mono", 1.0]


def test_picking_a_look_by_index_asks_for_it(qtbot: QtBot, panel: DevelopPanel) -> None:
    with qtbot.waitSignal(panel.look_requested) as blocker:
        panel.look_picker.setCurrentIndex(1)
    assert blocker.args == ["manga"]


def test_guidance_is_off_where_it_means_nothing(panel: DevelopPanel) -> None:
    text = panel.findChild(QSlider, "textGuidanceSlider")
    image = panel.findChild(QSlider, "imageGuidanceSlider")
    steps = panel.findChild(QSpinBox, "stepsField")
    assert text is not None
    assert image is not None
    assert steps is not None
    for control in (text, image, steps):
        assert not control.isEnabled()
        assert "diffusion" in control.toolTip()
    panel.set_capabilities(OTHER)
    assert all(control.isEnabled() for control in (text, image, steps))
    assert not panel.look_picker.isEnabled()
    assert not panel.picture.seed_field.isEnabled()


def test_guidance_is_asked_for_by_its_field(qtbot: QtBot, panel: DevelopPanel) -> None:
    panel.set_capabilities(OTHER)
    with qtbot.waitSignal(panel.field_changed) as blocker:
        qtbot.keyClick(panel.guidance.text_row.slider, Qt.Key.Key_Right)
    assert blocker.args is not None
    assert blocker.args[0] == "text_guidance"
    with qtbot.waitSignal(panel.field_changed) as blocker:
        qtbot.mouseDClick(panel.guidance.image_row.slider, Qt.MouseButton.LeftButton)
    assert blocker.args == ["image_guidance", None]


def test_seeds_up_to_the_largest(qtbot: QtBot, panel: DevelopPanel) -> None:
    field = panel.findChild(QDoubleSpinBox, "seedField")
    assert field is not None
    with qtbot.waitSignal(panel.field_changed) as blocker:
        field.setValue(MAX_SEED)
    assert blocker.args == ["seed", MAX_SEED]
    assert field.text() == str(MAX_SEED)


def test_the_dice_gives_another_seed(qtbot: QtBot, panel: DevelopPanel) -> None:
    seeds = set()
    for _ in range(5):
        panel.picture.dice_button.click()
        seeds.add(panel.picture.seed_field.value())
    assert len(seeds) > 1


def test_blend_size_and_their_resets(qtbot: QtBot, panel: DevelopPanel) -> None:
    with qtbot.waitSignal(panel.field_changed) as blocker:
        panel.picture.blend_slider.setValue(30)
    assert blocker.args == ["blend", 0.3]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        qtbot.mouseDClick(panel.picture.blend_slider, Qt.MouseButton.LeftButton)
    assert blocker.args == ["blend", 1.0]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        panel.picture.size_field.setValue(1_024)
    assert blocker.args == ["size_px", 1_024]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        panel.picture.size_field.setValue(0)
    assert blocker.args == ["size_px", None]


def test_the_wheel_scrolls_and_changes_nothing(qtbot: QtBot, panel: DevelopPanel) -> None:
    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    slider = slider_row(panel, "line_width").slider
    event = QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    before = slider.value()
    QApplication.sendEvent(slider, event)
    assert slider.value() == before


def test_picking_an_engine_asks_for_it(qtbot: QtBot, panel: DevelopPanel) -> None:
    with qtbot.waitSignal(panel.engine_requested) as blocker:
        panel.engine_picker.setCurrentIndex(1)
    assert blocker.args == ["other"]
    panel.reflect(replace(Request(), engine="classic"), Interpretation())
    assert panel.engine_picker.currentText() == "Classic"
