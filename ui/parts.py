"""A picture as the browser takes it: its words with it, over run A, made once for all who see the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

import streamlit as st

from explainers.support.once import OF_RUN
from explainers.support.pictures import PIXELS, Chart, Diagram
from training import Run
from ui.chart import chart
from ui.diagram import diagram
from ui.payload import lean, packed
from ui.readings import Part, Parts, Readings

if TYPE_CHECKING:
    from ui.lesson import Lesson

Picture = Callable[[Sequence[Any]], Chart | Diagram]
# What was drawn of a run alone: for all who watch it, as long as it is kept.
_of_runs: WeakKeyDictionary[Run, Parts] = WeakKeyDictionary()


def draw_part(
    lesson: Lesson, name: str, draw_picture: Picture, readings: Readings, newest: bool = False
) -> Part:
    """A picture of these readings. ``newest``: of one of pixels the newest frame alone."""
    under = lesson.pinned.run.checkpoints if lesson.pinned else ()
    checkpoints, asked = lesson.current.checkpoints, (name, lesson.words.language)
    known = _of_runs.setdefault(lesson.current, {}) if draw_picture in OF_RUN else readings.parts
    count, found = known.get(asked, (0, None))
    if found and count == len(checkpoints) and not under:
        return found
    overlay = draw_picture(lesson.pinned.upto(under)) if lesson.pinned and under else None
    picture = draw_picture(readings.upto(checkpoints))
    view = {key: value for key, value in readings.view.model_dump().items() if isinstance(value, int)}
    last: Any = overlay.frames[-1:] if overlay and in_one(picture, overlay) else []
    if isinstance(overlay, Diagram):
        last = lean(overlay, last)
    newest = newest and len(picture.frames) > 1
    if newest := newest and isinstance(picture, Diagram) and any(g.kind in PIXELS for g in picture.grids):
        # Hundreds of kilobytes take their time: the other frames come with the page.
        picture = replace(picture, frames=picture.frames[-1:])
    alone = overlay is not None and not last
    made = pack(lesson, name, picture, overlay=last[0] if last else None, alone=alone, view=view)
    if not under and not newest:
        known[asked] = len(checkpoints), made
    return made


def part_shown(lesson: Lesson, name: str, draw_picture: Picture, made: Part | None) -> Part | None:
    """A picture as it is to stand on the page now, or None before the first. ``made``: where that is done."""
    checkpoints = lesson.current.checkpoints
    under = lesson.pinned.run.checkpoints if lesson.pinned else ()
    state = (lesson.words.language, lesson.readings, len(checkpoints), lesson.pinned, len(under))
    page, drawn = st.session_state.get("drawn", ("", {}))
    if page != lesson.name:  # the pictures as this visitor saw them last, and what each was drawn from
        drawn = {}
        st.session_state["drawn"] = lesson.name, drawn
    before, part = drawn.get(name, (None, None))
    # The same; or it stands as it was, and keeps its place, until the new run's first checkpoint.
    if not checkpoints or (part and state == before):
        return cast("Part | None", part)
    part = made or draw_part(lesson, name, draw_picture, lesson.readings)
    drawn[name] = None if made else state, part
    return part


def in_one(picture: Chart | Diagram, other: Chart | Diagram) -> bool:
    """Whether another run's picture can be drawn over this one."""
    axes = [drawn.stands_for if isinstance(drawn, Chart) else () for drawn in (picture, other)]
    return axes[0] == axes[1]


def pack(lesson: Lesson, name: str, picture: Chart | Diagram, **more: Any) -> Part:
    """What draws a picture, and what it takes: the picture with its words, and ``more``."""
    shared = {**lesson.words.shared["picture"], "decimal": lesson.words.decimal}
    shared["language"] = lesson.words.language
    shared["title"] = lesson.page["pictures"][name]["title"]
    draw = chart
    if isinstance(picture, Diagram):
        draw, picture = diagram, replace(picture, frames=lean(picture, picture.frames))
    return draw, packed({"spec": picture, "words": shared, **more}, lesson.words.label)
