"""The main picture one key press ahead, for the slider that a visitor has reached for."""

from time import monotonic
from typing import TYPE_CHECKING

import orjson
import streamlit as st

from explainers.support.contract import Settings
from ui.controls import extra, limit, plain_slider
from ui.readings import shared
from ui.scripts import component
from ui.turn import crowded, turn

if TYPE_CHECKING:
    from ui.lesson import Lesson

REACH = 3  # values on either side
BUDGET = 0.1  # seconds of computing
MOST = 1_000_000  # bytes sent at once

_send = component("ahead", "u-ahead")


def sliders(kind: type[Settings]) -> list[str]:
    """The fields of a View that stand as a slider beside the picture."""
    return [
        name for name, field in kind.model_fields.items() if plain_slider(field) and not extra(field, "more")
    ]


def ahead(lesson: "Lesson") -> None:
    """What ``_send_ahead`` says, where there is a slider to run ahead of: its place costs at every change."""
    if fields := sliders(lesson.explainer.View):
        _send_ahead(lesson, fields)


@st.fragment
def _send_ahead(lesson: "Lesson", fields: list[str]) -> None:
    """Compute and send what the neighbouring values of a slider would show, once a visitor touches it.

    The browser says which slider that is, and draws what is sent here at the next key press; nothing is
    computed for visitors who touch none, nor while others wait.
    """
    if lesson.current.state != "finished":
        return
    key = f"u_ahead_{lesson.name}"
    touched = st.session_state.get(key, {}).get("reached")
    pictures: dict[int, bytes] = {}
    if touched in fields:
        pictures = _pictures(lesson, touched)
    head = {
        "picture": lesson.main[0],
        "fields": fields,
        "field": touched if touched in fields else "",
        "values": list(pictures),
        "sizes": [len(data) for data in pictures.values()],
    }
    data = b"\n".join([orjson.dumps(head), b"".join(pictures.values())])
    _send(key=key, data=data, on_reached_change=lesson.spots.together)


def _pictures(lesson: "Lesson", field: str) -> dict[int, bytes]:
    """Value → the packed main picture, of this value and then of those nearest to it."""
    bounds = lesson.explainer.View.model_fields[field]
    low, high, now = limit(bounds, "ge"), limit(bounds, "le"), getattr(lesson.view, field)
    near = [now] + [now + sign * by for by in range(1, REACH + 1) for sign in (1, -1)]
    pictures: dict[int, bytes] = {}
    start = monotonic()
    for value in near:
        if not low <= value <= high:
            continue
        if crowded():
            break
        view = type(lesson.view)(**{**lesson.view.model_dump(), field: value})
        with turn():
            pictures[value] = lesson.payload(*lesson.main, shared(lesson.explainer, lesson.current, view))
        if monotonic() - start > BUDGET or sum(map(len, pictures.values())) > MOST:
            break
    return pictures
