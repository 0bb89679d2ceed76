"""What the develop panel shows of an engine with guidance, and what it asks for."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QSpinBox, QToolButton
from pytestqt.qtbot import QtBot

from desktop_app.core.engine import Capabilities, Choice, ModelInfo
from desktop_app.core.events import Defaults, Interpretation
from desktop_app.core.request import Request
from desktop_app.widgets.develop_panel import DevelopPanel
from desktop_app.widgets.guidance_section import HELP, IMAGE, TEXT

PLAIN = Capabilities("plain", "Plain")
GUIDED = Capabilities(
    "guided",
    "Guided",
    uses_seed=True,
    uses_guidance=True,
    needs_model=True,
    modes=(Choice("balanced", "Balanced", "For every day."), Choice("exact", "Exact")),
    schedulers=(Choice("dpm", "DPM++ 2M"), Choice("ddim", "DDIM", "Old and steady.")),
)
DEFAULTS = Defaults("starter", 24, 7.0, 1.5, "dpm", 512)
TAKEN = Interpretation(defaults=DEFAULTS)


@pytest.fixture
def panel(qtbot: QtBot) -> DevelopPanel:
    panel = DevelopPanel()
    qtbot.addWidget(panel)
    panel.set_engines([PLAIN, GUIDED])
    panel.set_capabilities(GUIDED)
    panel.set_models((ModelInfo("starter", "Starter"), ModelInfo("c", "Careful", True, "Safe.")))
    panel.reflect(Request(engine="guided"), TAKEN)
    panel.resize(344, 1_000)
    panel.show()
    qtbot.waitExposed(panel)
    return panel


def test_an_engine_without_guidance_shows_none_of_it(panel: DevelopPanel) -> None:
    parts = (panel.model, panel.guidance, panel.more)
    assert all(part.isVisible() for part in parts)
    panel.set_capabilities(PLAIN)
    assert not any(part.isVisible() for part in parts)
    assert panel.findChild(QSpinBox, "stepsField") is not None
    assert not panel.guidance.steps_row.field.isEnabled()


def test_the_ranges() -> None:
    assert (TEXT.minimum, TEXT.maximum) == (0.0, 20.0)
    assert (IMAGE.minimum, IMAGE.maximum) == (0.0, 5.0)


def test_steps_are_the_engine_s_until_they_are_set(qtbot: QtBot, panel: DevelopPanel) -> None:
    row = panel.guidance.steps_row
    assert row.field.value() == 24
    with qtbot.waitSignal(panel.field_changed) as blocker:
        row.field.setValue(30)
    assert blocker.args == ["steps", 30]
    panel.reflect(Request(engine="guided", steps=30), TAKEN)
    assert "•" in row.label.text()
    with qtbot.waitSignal(panel.field_changed) as blocker:
        qtbot.mouseDClick(row.label, Qt.MouseButton.LeftButton)
    assert blocker.args == ["steps", None]


def test_an_emptied_field_is_a_reset(qtbot: QtBot, panel: DevelopPanel) -> None:
    panel.reflect(Request(engine="guided", steps=30), TAKEN)
    field = panel.guidance.steps_row.field
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    with qtbot.waitSignal(panel.field_changed) as blocker:
        qtbot.keyClick(field, Qt.Key.Key_Return)
    assert blocker.args == ["steps", None]


def test_the_help_opens(qtbot: QtBot, panel: DevelopPanel) -> None:
    lines = [label for label in panel.findChildren(QLabel) if label.text() in HELP]
    assert len(lines) == len(HELP)
    assert not any(line.isVisible() for line in lines)
    qtbot.mouseClick(panel.guidance.help.button, Qt.MouseButton.LeftButton)
    assert all(line.isVisible() for line in lines)
    said = " ".join(HELP).lower()
    for word in ("lower image guidance", "raise text guidance", "seed", "words", "faces", "crop"):
        assert word in said
    assert "too little" in panel.guidance.text_row.slider.toolTip()


def test_scheduler(qtbot: QtBot, panel: DevelopPanel) -> None:
    picker = panel.findChild(QComboBox, "schedulerPicker")
    assert picker is not None
    assert picker.currentText() == "Default (DPM++ 2M)"
    with qtbot.waitSignal(panel.field_changed) as blocker:
        picker.setCurrentIndex(2)
    assert blocker.args == ["scheduler", "ddim"]
    assert picker.itemData(2, Qt.ItemDataRole.ToolTipRole) == "Old and steady."
    with qtbot.waitSignal(panel.field_changed) as blocker:
        picker.setCurrentIndex(0)
    assert blocker.args == ["scheduler", None]
    panel.reflect(Request(engine="guided"), Interpretation())
    assert picker.currentText() == "Default"


def test_mode(qtbot: QtBot, panel: DevelopPanel) -> None:
    with qtbot.waitSignal(panel.field_changed) as blocker:
        panel.model.mode_picker.setCurrentIndex(1)
    assert blocker.args == ["mode", "exact"]
    assert panel.model.mode_note.text() == "For every day."
    panel.reflect(Request(engine="guided", mode="draft"), TAKEN)
    assert panel.model.mode_picker.currentText() == "Draft"  # not offered, and asked for


def test_model(qtbot: QtBot, panel: DevelopPanel) -> None:
    with qtbot.waitSignal(panel.field_changed) as blocker:
        panel.model.model_picker.setCurrentIndex(1)
    assert blocker.args == ["model", "c"]
    panel.reflect(Request(engine="guided", model="c"), TAKEN)
    assert panel.model.model_note.text() == "Safe."
    assert panel.more.safety_box.isEnabled()
    picker = panel.model.model_picker
    with qtbot.waitSignal(panel.model_folder_requested):
        picker.setCurrentIndex(picker.findText(picker.FOLDER))
    with qtbot.waitSignal(panel.more_models_requested):
        picker.setCurrentIndex(picker.findText(picker.MORE))


def test_more_is_closed_at_first(qtbot: QtBot, panel: DevelopPanel) -> None:
    button = panel.findChild(QToolButton, "moreButton")
    field = panel.findChild(QLineEdit, "negativeField")
    assert button is not None
    assert field is not None
    assert not field.isVisible()
    with qtbot.waitSignal(panel.more_toggled) as blocker:
        qtbot.keyClick(button, Qt.Key.Key_Space)
    assert blocker.args == [True]
    assert field.isVisible()
    assert button.accessibleDescription() == "Open"
    with qtbot.waitSignal(panel.field_changed) as changed:
        qtbot.keyClicks(field, "x")
    assert changed.args == ["negative", "x"]
    with qtbot.waitSignal(panel.run_requested):
        qtbot.keyClick(field, Qt.Key.Key_Return)


def test_working_size(qtbot: QtBot, panel: DevelopPanel) -> None:
    field = panel.more.size_field
    assert field.text() == "Default (512 px)"
    with qtbot.waitSignal(panel.field_changed) as blocker:
        field.stepBy(1)
    assert blocker.args == ["working_size_px", 576]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        field.stepBy(-1)
    assert blocker.args == ["working_size_px", 512]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        field.setValue(9)
    assert blocker.args == ["working_size_px", 64]
    with qtbot.waitSignal(panel.field_changed) as blocker:
        field.setValue(0)
    assert blocker.args == ["working_size_px", None]


def test_safety(qtbot: QtBot, panel: DevelopPanel) -> None:
    box = panel.more.safety_box
    assert not box.isEnabled()
    assert not box.isChecked()
    panel.reflect(Request(engine="guided", model="c"), TAKEN)
    with qtbot.waitSignal(panel.field_changed) as blocker:
        box.click()
    assert blocker.args == ["safety_check", True]


def test_the_sheet_is_asked_for(qtbot: QtBot, panel: DevelopPanel) -> None:
    panel.guidance.set_can_compare(False, "open a photo first")
    assert not panel.guidance.sheet_button.isEnabled()
    assert "open a photo first" in panel.guidance.sheet_button.toolTip()
    panel.guidance.set_can_compare(True, "")
    with qtbot.waitSignal(panel.sheet_requested):
        qtbot.mouseClick(panel.guidance.sheet_button, Qt.MouseButton.LeftButton)


def test_showing_values_asks_for_nothing(qtbot: QtBot, panel: DevelopPanel) -> None:
    request = Request(
        engine="guided",
        model="/far/away",
        mode="exact",
        steps=9,
        text_guidance=3.0,
        image_guidance=2.0,
        scheduler="heun",
        negative="text",
        safety_check=True,
        working_size_px=384,
    )
    with qtbot.assertNotEmitted(panel.field_changed):
        panel.reflect(request, TAKEN)
        panel.set_models((ModelInfo("other", "Other"),))
    assert panel.model.model_picker.currentText() == "away"
    assert panel.guidance.scheduler_picker.currentText() == "Heun"
    assert panel.more.negative_field.text() == "text"
    assert panel.more.size_field.value() == 384
    assert panel.reset_button.isEnabled()


def test_nothing_is_wider_than_the_panel(panel: DevelopPanel) -> None:
    panel.more.set_open(True)
    panel.guidance.help.set_open(True)
    panel.set_models((ModelInfo("long", "A model with a very long name " * 4, note="n" * 200),))
    content = panel.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= 340


def test_words_can_be_cleared_where_there_are_any(qtbot: QtBot, panel: DevelopPanel) -> None:
    panel.more.set_open(True)
    field = panel.more.negative_field

    def has_button() -> bool:
        buttons = field.findChildren(QToolButton)
        return any(button.isVisible() for button in buttons)

    assert not has_button()
    panel.reflect(Request(engine="guided", negative="blur"), TAKEN)
    qtbot.waitUntil(has_button)
    panel.reflect(Request(engine="guided"), TAKEN)  # undone
    qtbot.waitUntil(lambda: not has_button())
