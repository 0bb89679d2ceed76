"""All models that are here or can be had, on cards, and the folder that they are in."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_app.widgets.controls import name_control
from desktop_app.widgets.model_card import CardValues, ModelCard
from desktop_app.widgets.parameter_rows import help_line
from desktop_app.widgets.status_line import ElidedLabel


class ModelsPage(QWidget):
    """Shows models and says what is wanted of them.

    Attributes:
        wanted: a model's id and a CardAction.
        import_file_requested: a model in one file is to be chosen.
        import_folder_requested: a model in a folder is to be chosen.
        move_requested: all models are to be kept elsewhere.
        stop_requested: what goes on with all of them, or an import, is to end.
        show_folder_requested: the folder is to be shown in the system's file manager.
    """

    wanted = Signal(str, object)
    import_file_requested = Signal()
    import_folder_requested = Signal()
    move_requested = Signal()
    stop_requested = Signal()
    show_folder_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._cards: dict[str, ModelCard] = {}
        self._build()
        self._connect()

    def _build(self) -> None:
        self.setObjectName("modelsPage")
        self.machine_label = help_line()
        self.machine_label.setObjectName("machineLabel")
        content = QWidget()
        content.setObjectName("panelContent")
        self._column = QVBoxLayout(content)
        self._column.setContentsMargins(0, 0, 8, 0)
        self._column.setSpacing(10)
        self._column.addStretch(1)
        self.area = QScrollArea()
        self.area.setObjectName("modelsArea")
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setWidget(content)
        self.message_label = QLabel()
        self.message_label.setObjectName("modelsMessage")
        self.message_label.setTextFormat(Qt.TextFormat.PlainText)
        self.message_label.setWordWrap(True)
        self.message_label.hide()
        self.stop_button = self._button("Stop", "stopButton", "End this; nothing is lost")
        self.stop_button.hide()
        message = QHBoxLayout()
        message.addWidget(self.message_label, 1)
        message.addWidget(self.stop_button)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(10)
        lines.addWidget(self.machine_label)
        lines.addWidget(self.area, 1)
        lines.addLayout(message)
        lines.addLayout(self._build_foot())

    def _build_foot(self) -> QVBoxLayout:
        self.import_file_button = self._button(
            "Import a &file…", "importFileButton", "A model in one .safetensors or .ckpt file"
        )
        self.import_folder_button = self._button(
            "Import a f&older…", "importFolderButton", "A folder in diffusers layout"
        )
        self.show_folder_button = self._button(
            "&Show folder", "showFolderButton", "Show where the models are kept"
        )
        self.move_button = self._button(
            "&Move…", "moveModelsButton", "Keep all models in another folder, on another disk"
        )
        self.folder_label = ElidedLabel()
        self.folder_label.setObjectName("modelsFolder")
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addWidget(self.import_file_button)
        buttons.addWidget(self.import_folder_button)
        buttons.addStretch(1)
        buttons.addWidget(self.show_folder_button)
        buttons.addWidget(self.move_button)
        foot = QVBoxLayout()
        foot.setSpacing(8)
        foot.addWidget(self.folder_label)
        foot.addLayout(buttons)
        return foot

    def _button(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        name_control(button, text.replace("&", "").removesuffix("…"))
        return button

    def _connect(self) -> None:
        self.import_file_button.clicked.connect(self._on_import_file)
        self.import_folder_button.clicked.connect(self._on_import_folder)
        self.move_button.clicked.connect(self._on_move)
        self.stop_button.clicked.connect(self._on_stop)
        self.show_folder_button.clicked.connect(self._on_show_folder)

    def show_machine(self, sentence: str) -> None:
        """Say what this machine is and has."""
        self.machine_label.setText(sentence)

    def show_folder(self, text: str) -> None:
        """Say where the models are kept."""
        self.folder_label.setText(text)

    def say(self, sentence: str, *, is_problem: bool = False, can_stop: bool = False) -> None:
        """Say what goes on with all models, or how it ended; "" for nothing."""
        self.message_label.setText(sentence)
        self.message_label.setVisible(bool(sentence))
        self.message_label.setObjectName("modelProblem" if is_problem else "modelsMessage")
        self.message_label.style().polish(self.message_label)
        self.stop_button.setVisible(can_stop)

    def set_can_move(self, can_move: bool) -> None:
        """Say whether the models can be moved now."""
        self.move_button.setEnabled(can_move)

    def show_models(self, models: Sequence[CardValues]) -> None:
        """Show these models in this order, and no others."""
        ids = [values.model for values in models]
        for model in [model for model in self._cards if model not in ids]:
            card = self._cards.pop(model)
            self._column.removeWidget(card)
            card.hide()
            card.deleteLater()
        for place, values in enumerate(models):
            card = self._cards.get(values.model) or self._add(values.model)
            if self._column.indexOf(card) != place:
                self._column.removeWidget(card)
                self._column.insertWidget(place, card)
            card.show_values(values)
        self._order()

    def show_model(self, values: CardValues) -> None:
        """Show what changed of one that is shown."""
        card = self._cards.get(values.model)
        if card is not None:
            before = card.controls()
            card.show_values(values)
            if card.controls() != before:
                self._order()

    def card(self, model: str) -> ModelCard | None:
        """Return a model's card."""
        return self._cards.get(model)

    def cards(self) -> tuple[ModelCard, ...]:
        """Return all cards, in order."""
        return tuple(sorted(self._cards.values(), key=self._column.indexOf))

    def _order(self) -> None:
        """Let Tab go from card to card, then on to what is below them."""
        order = [control for card in self.cards() for control in card.controls()]
        order += [self.stop_button, self.import_file_button, self.import_folder_button]
        order += [self.show_folder_button, self.move_button]
        for first, second in itertools.pairwise(order):
            QWidget.setTabOrder(first, second)

    def _add(self, model: str) -> ModelCard:
        card = self._cards[model] = ModelCard(model)
        card.wanted.connect(self.wanted)
        return card

    @Slot()
    def _on_import_file(self) -> None:
        self.import_file_requested.emit()

    @Slot()
    def _on_import_folder(self) -> None:
        self.import_folder_requested.emit()

    @Slot()
    def _on_move(self) -> None:
        self.move_requested.emit()

    @Slot()
    def _on_stop(self) -> None:
        self.stop_requested.emit()

    @Slot()
    def _on_show_folder(self) -> None:
        self.show_folder_requested.emit()
