"""What the artist asks for now: the one place that the window's controls show and change."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from desktop_app.core.engine import Capabilities, Engine, Estimate
from desktop_app.core.events import Interpretation
from desktop_app.core.extent import Extent
from desktop_app.core.looks import Look
from desktop_app.core.request import Request
from desktop_app.widgets.guidance_section import GUIDED_FIELDS

log = logging.getLogger(__name__)

_WORDS = ("negative",)

Rewrite = Callable[[str, Look, Sequence[Look]], str]
"""Returns an instruction rewritten for another look."""


class _Change(QUndoCommand):
    """One change of the Request; successive changes of one kind are undone together."""

    def __init__(
        self, model: RequestModel, before: Request, after: Request, text: str, kind: str
    ) -> None:
        super().__init__(text)
        self.model = model
        self.place = model.place
        self.before = before
        self.after = after
        self.kind = kind
        self.gesture = model.gesture

    def id(self) -> int:
        return 1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Change):
            return False
        mine = (self.kind, self.gesture, self.place)
        if not self.kind or mine != (other.kind, other.gesture, other.place):
            return False
        self.after = other.after
        return True

    def redo(self) -> None:
        self.model.show_at(self.place, self.after)

    def undo(self) -> None:
        self.model.show_at(self.place, self.before)


class RequestModel(QObject):
    """Holds the Request that the controls show, and what the engine understands of it.

    Every change can be undone. A change belongs to a place (the photo that was being looked at);
    undoing it goes back there first.

    Attributes:
        changed: the Request differs; told before the two that follow.
        adjusted: so does the picture that it would give, by something that the artist did besides
            typing (words count when Enter says so, and the blend needs no run).
        blend_changed: so does the blend.
        engine_changed: it names another engine.
        place_wanted: the place of a change that is being undone or redone.
        last_model: what was last asked for as a model; an engine that needs one takes it.
    """

    changed = Signal()
    adjusted = Signal()
    blend_changed = Signal()
    engine_changed = Signal()
    place_wanted = Signal(str)

    def __init__(
        self,
        engines: Sequence[Engine],
        undo_stack: QUndoStack,
        rewrite: Rewrite,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._engines = {engine.capabilities.engine_id: engine for engine in engines}
        self._default_engine = engines[0].capabilities.engine_id
        self._capabilities = {
            engine_id: engine.capabilities for engine_id, engine in self._engines.items()
        }
        self._stack = undo_stack
        self._rewrite = rewrite
        self.place = ""
        self.gesture = 0
        self.last_model: str | None = None
        self._typing = False
        self._showing = False
        self._request = Request(engine=self._default_engine)
        self._interpretation = self.interpretation_of(self._request)

    @property
    def request(self) -> Request:
        """What is asked for now."""
        return self._request

    @property
    def interpretation(self) -> Interpretation:
        """What the engine understands of it."""
        return self._interpretation

    @property
    def capabilities(self) -> Capabilities:
        """What the engine in use offers."""
        return self._capabilities[self._request.engine]

    def all_capabilities(self) -> tuple[Capabilities, ...]:
        """Return what each engine offers."""
        return tuple(self._capabilities.values())

    def engine(self) -> Engine:
        """Return the engine in use."""
        return self._engines[self._request.engine]

    @property
    def lacks_model(self) -> bool:
        """Whether the engine in use needs a model, and there is none."""
        if not self.capabilities.needs_model or self._request.model:
            return False
        return self._interpretation.defaults.model is None and not self.engine().models()

    def settled(self) -> Request:
        """Return what is asked for, to be run: it names the model that would be taken by itself.

        Which one that is changes with the models that come and go; the picture that the same
        Request gives must not.
        """
        request = self._request
        if not self.capabilities.needs_model or request.model:
            return request
        return replace(request, model=self.interpretation_of(request).defaults.model)

    def look(self, look_id: str | None) -> Look | None:
        """Return a look of the engine in use."""
        return _look_named(look_id, self.capabilities)

    def look_of(self, request: Request) -> Look | None:
        """Return the look that a Request's own engine gives; None where that knows no looks."""
        capabilities = self._capabilities.get(request.engine)
        if capabilities is None or not capabilities.looks:
            return None
        return _look_named(self.interpretation_of(request).look, capabilities)

    def uses_guidance(self, request: Request) -> bool:
        """Return whether a Request's own engine is a guided one."""
        capabilities = self._capabilities.get(request.engine)
        return capabilities is not None and capabilities.uses_guidance

    def end_gesture(self) -> None:
        """Let the next change be undone apart from those before."""
        self.gesture += 1

    def set_instruction(self, text: str) -> None:
        """Ask for something in words; the values set by hand stay."""
        self._typing = True
        after = replace(self._request, instruction=text)
        self._push(after, "Change instruction", "instruction")
        self._typing = False

    def set_look(self, look_id: str) -> None:
        """Ask for a look: the instruction says it, and the values follow it again."""
        look = self.look(look_id)
        if look is None:
            return
        text = self._rewrite(self._request.instruction, look, self.capabilities.looks)
        after = replace(self._request, instruction=text, parameters={})
        self.end_gesture()
        self._push(after, f"{look.name} look", "")

    def set_parameter(self, name: str, value: float) -> None:
        """Set one of the engine's parameters by hand."""
        parameters = {**self._request.parameters, name: value}
        label = self._label(name)
        self._push(replace(self._request, parameters=parameters), f"Change {label}", name)

    def reset_parameter(self, name: str) -> None:
        """Let a parameter follow the instruction again."""
        parameters = {k: v for k, v in self._request.parameters.items() if k != name}
        self.end_gesture()
        label = self._label(name)
        self._push(replace(self._request, parameters=parameters), f"Reset {label}", "")

    def reset_all(self) -> None:
        """Let all parameters follow the instruction again, and the guidance the engine."""
        self.end_gesture()
        fields = GUIDED_FIELDS if self.capabilities.uses_guidance else ()
        values: dict[str, Any] = dict.fromkeys(fields)
        self._push(replace(self._request, parameters={}, **values), "Reset all", "")

    def set_field(self, name: str, value: object) -> None:
        """Set another field of the Request; words are typed, all else is an adjustment."""
        label = name.removesuffix("_px").replace("_", " ")
        after = replace(self._request, **{name: value})  # type: ignore[arg-type]
        self._typing = name in _WORDS
        self._push(after, f"Change {label}", name)
        self._typing = False

    def set_engine(self, engine_id: str) -> None:
        """Ask another engine; parameters of the one before mean nothing to it."""
        if engine_id in self._engines and engine_id != self._request.engine:
            needs_model = self._capabilities[engine_id].needs_model
            model = self._request.model or self.last_model if needs_model else None
            after = replace(self._request, engine=engine_id, model=model, parameters={})
            self._push(after, "Change engine", "")

    def set_model(self, engine_id: str, model: str) -> None:
        """Ask an engine with a model; both are undone together."""
        parameters = self._request.parameters if engine_id == self._request.engine else {}
        after = replace(self._request, engine=engine_id, model=model, parameters=parameters)
        self.adopt(after, "Change model")

    def adopt(self, request: Request, text: str) -> None:
        """Ask for what another Request asks for; can be undone."""
        self.end_gesture()
        self._push(self._known(request), text, "")

    def show(self, request: Request) -> None:
        """Show a Request as it is, because another photo is looked at; nothing to undo."""
        self.end_gesture()
        self._showing = True
        self._set(self._known(request))
        self._showing = False

    def show_at(self, place: str, request: Request) -> None:
        """Go to a place and show a Request there."""
        if place != self.place:
            self.place_wanted.emit(place)
        self._set(request)

    def _known(self, request: Request) -> Request:
        if request.engine in self._engines:
            return request
        log.info("engine %s is not here, the default takes its place", request.engine)
        return replace(request, engine=self._default_engine, parameters={})

    def _label(self, name: str) -> str:
        specs = self.capabilities.parameters
        return next((spec.label.lower() for spec in specs if spec.name == name), name)

    def _push(self, after: Request, text: str, kind: str) -> None:
        if after != self._request:
            self._stack.push(_Change(self, self._request, after, text, kind))

    def _set(self, request: Request) -> None:
        before, self._request = self._request, request
        if before == request:
            return
        self._interpretation = self.interpretation_of(request)
        self.last_model = request.model or self.last_model
        if before.engine != request.engine:
            self.engine_changed.emit()
        self.changed.emit()
        if self._showing:
            return
        if not self._typing and replace(before, blend=request.blend) != request:
            self.adjusted.emit()
        if before.blend != request.blend:
            self.blend_changed.emit()

    def estimate(self, request: Request, extent: Extent) -> Estimate | None:
        """Return what a run would take; None where nobody can say."""
        engine = self._engines.get(request.engine)
        if engine is None:
            return None
        try:
            return engine.estimate(request, extent)
        except Exception:  # no guess is worth taking the window down
            log.exception("nobody knows what it would take")
            return None

    def look_again(self) -> None:
        """Ask the engine anew what it understands: what it works with may have come or gone."""
        found = self.interpretation_of(self._request)
        if found != self._interpretation:
            self._interpretation = found
            self.changed.emit()

    def interpretation_of(self, request: Request) -> Interpretation:
        """Return what a Request's engine understands of it; nothing where that is not here."""
        engine = self._engines.get(request.engine)
        if engine is None:
            return Interpretation()
        try:
            return engine.interpret(request)
        except Exception:  # an engine that stumbles over words must not take the window down
            log.exception("the instruction could not be read")
            return Interpretation(note="The instruction could not be read.")


def _look_named(look_id: str | None, capabilities: Capabilities) -> Look | None:
    return next((look for look in capabilities.looks if look.look_id == look_id), None)
