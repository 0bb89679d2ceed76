"""Keeps the canvas, the film strip and the request in step with the photo that is looked at."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QImage

from desktop_app.session.darkroom import Darkroom, ItemState, PhotoItem
from desktop_app.widgets.canvas import Canvas, FailedPhoto
from desktop_app.widgets.film_strip import FilmStrip, StripItem
from desktop_app.windows.messages import MessageKind, Messages
from desktop_app.windows.request_model import RequestModel
from desktop_app.workers.blend import Blended, Blender, BlendFailure, SmallBlend


class CanvasController(QObject):
    """Shows what the darkroom holds, and blends the cartoon with the photo as asked."""

    def __init__(
        self,
        darkroom: Darkroom,
        model: RequestModel,
        canvas: Canvas,
        strip: FilmStrip,
        blender: Blender,
        messages: Messages,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._darkroom = darkroom
        self._model = model
        self._canvas = canvas
        self._strip = strip
        self._blender = blender
        self._messages = messages
        self._shown: tuple[str, int, int, str] = ("", 0, 0, "")
        self._share: tuple[str, float] = ("", 0.0)
        self._told: dict[str, str] = {}
        self._preview: tuple[str, QImage] = ("", QImage())
        self._connect()

    def _connect(self) -> None:
        self._darkroom.items_changed.connect(self._on_items_changed)
        self._darkroom.item_changed.connect(self._on_item_changed)
        self._darkroom.current_changed.connect(self._on_current_changed)
        self._model.changed.connect(self._on_request_changed)
        self._model.blend_changed.connect(self._on_blend_changed)
        self._model.place_wanted.connect(self._darkroom.set_current)
        self._strip.current_requested.connect(self._darkroom.set_current)
        self._strip.remove_requested.connect(self._on_remove_requested)
        self._blender.small_ready.connect(self._on_small_blend)
        self._blender.ready.connect(self._on_blended)
        self._blender.failed.connect(self._on_blend_failed)

    @Slot(str, QImage)
    def show_preview(self, item_id: str, image: QImage) -> None:
        """Show a step of a run where its photo is looked at; a null image ends it."""
        self._preview = ("", QImage()) if image.isNull() else (item_id, image)
        if item_id == self._darkroom.current_id:
            self._canvas.set_preview(None if image.isNull() else image)

    @Slot(str, float)
    def show_share(self, item_id: str, share: float) -> None:
        """Show on the strip how far a photo's run has come."""
        self._share = (item_id, share)
        item = self._darkroom.item(item_id)
        if item is not None:
            self._strip.update_item(self._strip_item(item))

    # --- the photo that is looked at

    @Slot(str)
    def _on_current_changed(self, item_id: str) -> None:
        self._model.place = item_id
        item = self._darkroom.item(item_id)
        if item is not None:
            if item.request is not None:
                self._model.show(item.request)
            else:
                self._darkroom.update(item_id, request=self._model.request)
        self._strip.set_current(item_id)
        self._show_current()
        if item is not None and item.message:
            self._tell(item)
        else:
            self._canvas.set_message("")
            self._messages.note("" if item is None else item.name)  # nothing is left of another

    @Slot(str)
    def _on_item_changed(self, item_id: str) -> None:
        item = self._darkroom.item(item_id)
        if item is None:
            return
        self._strip.update_item(self._strip_item(item))
        if item_id != self._darkroom.current_id:
            return
        self._show_current()
        if item.message and self._told.get(item_id) != item.message:
            self._tell(item)

    @Slot()
    def _on_items_changed(self) -> None:
        self._strip.set_items([self._strip_item(item) for item in self._darkroom.items])
        self._strip.set_current(self._darkroom.current_id)

    def _strip_item(self, item: PhotoItem) -> StripItem:
        tooltip = item.message or (str(item.path) if item.path and not item.pasted else item.name)
        item_id, share = self._share
        goes_on = item.state is ItemState.DEVELOPING and item_id == item.item_id
        return StripItem(
            item.item_id,
            item.name,
            item.thumbnail,
            item.state.value,
            tooltip,
            share if goes_on else None,
        )

    def _tell(self, item: PhotoItem) -> None:
        if self._canvas.failed is not None:  # it is said where the photo would be
            self._messages.clear()
            self._messages.note(item.message)
            return
        self._told[item.item_id] = item.message
        kind = MessageKind.ERROR if item.state is ItemState.FAILED else MessageKind.WARNING
        self._messages.say(item.message, kind)

    def _show_current(self) -> None:
        item = self._darkroom.current
        if item is None:
            self._shown = ("", 0, 0, "")
            self._canvas.clear()
            self._canvas.set_busy(False)
            return
        self._canvas.set_busy(item.is_busy or item.state is ItemState.LOADING)
        # Until the photo is read again, its thumbnail stands in for it.
        photo = item.photo_levels or _level(item.thumbnail, item)
        failure = item.message if item.state is ItemState.FAILED and not photo else ""
        shown = (item.item_id, _key(photo), _key(item.result_levels), failure)
        if shown == self._shown:
            return
        if failure:
            self._canvas.show_failed(FailedPhoto(item.name, failure))
        elif not photo:
            self._canvas.clear()
        elif shown[:2] != self._shown[:2]:
            self._canvas.set_photo(photo)
        if photo and item.photo_levels:
            self._show_result(item)
        self._shown = shown

    def _show_result(self, item: PhotoItem) -> None:
        self._canvas.set_result(item.result_levels or None)
        item_id, image = self._preview
        if item_id == item.item_id and not image.isNull():
            self._canvas.set_preview(image)
        result, request = item.result, item.request
        if result is not None and request is not None and request.blend != result.request.blend:
            self._blend(item, request.blend)

    @Slot(list)
    def _on_remove_requested(self, item_ids: list[str]) -> None:
        self.remove(item_ids)

    def remove(self, item_ids: list[str]) -> None:
        """Take photos off the strip, and offer to put them back."""
        names = [item.name for item in self._darkroom.items if item.item_id in item_ids]
        if not names:
            return
        self._darkroom.remove(item_ids)
        what = names[0] if len(names) == 1 else f"{len(names)} photos"
        sentence = f"{what} taken off the film strip."
        self._messages.say(sentence, MessageKind.INFO, "Undo", self._darkroom.undo_stack.undo)

    # --- what is asked for

    @Slot()
    def _on_request_changed(self) -> None:
        item = self._darkroom.current
        if item is not None and item.request != self._model.request:
            self._darkroom.update(item.item_id, request=self._model.request)

    @Slot()
    def _on_blend_changed(self) -> None:
        item = self._darkroom.current
        if item is not None:
            self._blend(item, self._model.request.blend)

    def _blend(self, item: PhotoItem, amount: float) -> None:
        if item.result is not None and item.photo is not None:
            self._blender.blend(item.item_id, item.result, item.photo, amount)

    @Slot(object)
    def _on_small_blend(self, blend: SmallBlend) -> None:
        """Show what the slider does at once; the darkroom hears of it when it rests."""
        item = self._darkroom.current
        if item is None or item.result is None or not item.photo_levels:
            return
        is_its_own = (item.item_id, item.result.request.job_id) == (blend.item_id, blend.job_id)
        if is_its_own and self._preview[0] != item.item_id:
            self._canvas.set_result((blend.image,))

    @Slot(object)
    def _on_blended(self, blended: Blended) -> None:
        item = self._darkroom.item(blended.item_id)
        if item is None or item.result is None or not blended.levels:
            return
        if item.result.request.job_id != blended.job_id:
            return
        # The result now stands for this blend, so that it is not blended once more.
        request = replace(item.result.request, blend=blended.amount)
        result = replace(item.result, request=request)
        self._darkroom.update(
            item.item_id,
            result=result,
            result_levels=blended.levels,
            thumbnail=blended.thumbnail,
        )

    @Slot(object)
    def _on_blend_failed(self, failure: BlendFailure) -> None:
        self._messages.error(failure.sentence)


def _key(levels: tuple[QImage, ...]) -> int:
    return levels[0].cacheKey() if levels else 0


def _level(thumbnail: QImage, item: PhotoItem) -> tuple[QImage, ...]:
    is_coming = item.path is not None and item.state is not ItemState.FAILED
    return () if thumbnail.isNull() or not is_coming else (thumbnail,)
