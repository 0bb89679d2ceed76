"""Pictures that are made while the artist adjusts: of each series the history keeps the last."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from desktop_app.session.darkroom import Darkroom


class LiveSeries(QObject):
    """Knows which kept picture the next adjustment makes needless.

    A series is what adjusting one photo gives, one run after the other. It ends when the artist
    presses Run, looks at another photo, shows a past picture, or takes the picture out (saves,
    copies, drags, exports it): what was made up to then stays in the history.

    Attributes:
        superseded: history entry that nobody needs any more; its successor is kept already.
    """

    superseded = Signal(str)

    def __init__(self, darkroom: Darkroom, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._darkroom = darkroom
        self._entries: dict[str, str] = {}
        darkroom.item_changed.connect(self._on_item_changed)
        darkroom.items_changed.connect(self._on_items_changed)
        darkroom.current_changed.connect(self._on_current_changed)

    def last(self, item_id: str) -> str | None:
        """Return the entry that the series of a photo has come to; None for no series."""
        return self._entries.get(item_id)

    def follow(self, item_id: str, entry_id: str | None, before: str | None) -> None:
        """Go on with a series: its next picture is kept and shown.

        Args:
            item_id: the photo.
            entry_id: where the picture is kept; None where it could not be.
            before: what `last` gave before the picture was shown.
        """
        self._entries.pop(item_id, None)
        if entry_id is None:
            return
        self._entries[item_id] = entry_id
        if before is not None and before != entry_id:
            self.discard(before)

    def discard(self, entry_id: str) -> None:
        """Have an entry removed, unless something on the film strip lives on it."""
        if not any(
            item.entry_id == entry_id or (item.path is not None and entry_id in item.path.parts)
            for item in self._darkroom.items
        ):
            self.superseded.emit(entry_id)

    @Slot(str)
    def end(self, item_id: str) -> None:
        """Keep what the series of a photo has come to."""
        self._entries.pop(item_id, None)

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        if item is None or item.entry_id != self._entries.get(item_id):
            self._entries.pop(item_id, None)

    @Slot()
    def _on_items_changed(self) -> None:
        for item_id in [i for i in self._entries if self._darkroom.item(i) is None]:
            del self._entries[item_id]

    @Slot(str)
    def _on_current_changed(self, _item_id: str) -> None:
        self._entries.clear()
