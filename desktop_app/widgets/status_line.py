"""The status bar: what goes on, how far it is, and how the picture is seen."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QLabel,
    QProgressBar,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QToolTip,
    QWidget,
)

_BUSY_PX = 200
_NARROW_PX = 900
_NARROW_BUSY_PX = 96
_SHORTEST_CHARACTERS = 10


class ElidedLabel(QLabel):
    """A line of plain text that is shortened where there is no room for it.

    `text` stays whole, and the tooltip says it where it is cut and there is no other.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def minimumSizeHint(self) -> QSize:
        """Return what a few letters need."""
        whole = super().minimumSizeHint()
        few = self.fontMetrics().averageCharWidth() * _SHORTEST_CHARACTERS
        margins = self.contentsMargins()
        return QSize(min(whole.width(), few + margins.left() + margins.right()), whole.height())

    @property
    def shown_text(self) -> str:
        """As much of the text as there is room for."""
        elide = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(self.text(), elide, self.contentsRect().width())

    def event(self, event: QEvent) -> bool:
        """Let what is cut off be read."""
        if (
            isinstance(event, QHelpEvent)
            and event.type() == QEvent.Type.ToolTip
            and not self.toolTip()
            and self.shown_text != self.text()
        ):
            QToolTip.showText(event.globalPos(), self.text(), self)
            return True
        return super().event(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much as there is room for."""
        painter = QPainter(self)
        self.style().drawItemText(
            painter,
            self.contentsRect(),
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            self.shown_text,
            self.foregroundRole(),
        )


class StatusLine(QStatusBar):
    """Says one sentence, shows progress, the zoom and the engine.

    Attributes:
        zoom_clicked: the zoom was clicked: the whole picture is wanted.
    """

    zoom_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._warning_colour = QColor()
        self._has_warning = False
        self.setSizeGripEnabled(False)
        self.text = ElidedLabel()
        self.text.setObjectName("statusText")
        self.text.setAccessibleName("Status")
        self.text.setContentsMargins(12, 0, 8, 0)
        self.text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.progress = QProgressBar()
        self.progress.setObjectName("progressBar")
        self.progress.setAccessibleName("Progress")
        self.progress.setFixedWidth(_BUSY_PX)
        self.progress.setTextVisible(False)
        self.picture_label = QLabel()
        self.picture_label.setObjectName("pictureLabel")
        self.picture_label.setAccessibleName("Picture size")
        self.engine_label = ElidedLabel()
        self.engine_label.setObjectName("engineLabel")
        self.engine_label.setAccessibleName("Engine in use")
        self.zoom_button = QToolButton()
        self.zoom_button.setObjectName("zoomButton")
        self.zoom_button.setAccessibleName("Zoom")
        self.zoom_button.setToolTip("Zoom; click to see the whole picture (Ctrl+0)")
        self.zoom_button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.zoom_button.clicked.connect(self._on_zoom_clicked)
        self.addWidget(self.text, 1)
        for label in (self.picture_label, self.engine_label):
            label.setContentsMargins(8, 0, 8, 0)
        for widget in (self.progress, self.picture_label, self.engine_label, self.zoom_button):
            self.addPermanentWidget(widget)
        self.show_progress(0, 0)
        self.show_zoom(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the sentence its room."""
        super().resizeEvent(event)
        is_narrow = event.size().width() < _NARROW_PX
        self.progress.setFixedWidth(_NARROW_BUSY_PX if is_narrow else _BUSY_PX)
        self.picture_label.setHidden(is_narrow)
        self.engine_label.setMaximumWidth(event.size().width() // 4)

    @Slot(str)
    def say(self, sentence: str) -> None:
        """Say a sentence until the next one."""
        self.text.setText(sentence)
        self.text.setToolTip(sentence)
        self.text.setAccessibleDescription(sentence)

    def show_progress(self, done: int, total: int) -> None:
        """Show how far a run is, in thousandths of `total`; nothing goes on where that is 0."""
        self.progress.setVisible(total > 0)
        self.progress.setRange(0, max(1, total))
        self.progress.setValue(done)

    def show_engine(self, text: str, warning: str = "") -> None:
        """Say which engine computes on what; a warning colours it and is what the tooltip says."""
        self._has_warning = bool(warning)
        self.engine_label.setText(f"⚠ {text}" if warning else text)
        self.engine_label.setToolTip(warning)
        self.engine_label.setAccessibleDescription(warning or text)
        self._tint()

    def set_warning_colour(self, colour: str) -> None:
        """Take a theme's "#rrggbb" for what is warned of."""
        self._warning_colour = QColor(colour)
        self._tint()

    def _tint(self) -> None:
        palette = QPalette()
        if self._has_warning and self._warning_colour.isValid():
            palette.setColor(QPalette.ColorRole.WindowText, self._warning_colour)
        self.engine_label.setPalette(palette)

    def show_zoom(self, zoom: float | None) -> None:
        """Show the zoom, 1.0 for one pixel of the picture on one of the screen."""
        self.zoom_button.setVisible(zoom is not None)
        if zoom is not None:
            self.zoom_button.setText(f"{zoom * 100:.0f} %")
            self.zoom_button.setAccessibleDescription(self.zoom_button.text())

    @Slot()
    def _on_zoom_clicked(self) -> None:
        self.zoom_clicked.emit()
