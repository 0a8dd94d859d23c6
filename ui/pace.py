"""When a page draws: how often while a run goes on, and what first."""

from collections.abc import Callable
from time import monotonic, sleep

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import ScriptRequestType

from ui.turn import crowded

TICK = 0.25  # seconds between two looks at a run
SLOWEST = 2.0
HEAD_START = 0.2  # seconds in which the browser draws the picture before the rest of the page comes
FORGOTTEN = 3.0  # seconds after which a page no longer counts: most runs have ended by then

_looking: dict[str, float] = {}  # visitor → when their page last began to look


def pace(visitor: str) -> float:
    """Seconds between two looks: longer the more pages look, so that a class that trains can still click."""
    now = monotonic()
    _looking[visitor] = now
    for who, since in list(_looking.items()):
        if now - since > FORGOTTEN:
            _looking.pop(who, None)
    return min(SLOWEST, TICK * len(_looking))


def watch(draw: Callable[[], None], every: float | None) -> None:
    """Draw, and again every so many seconds; None: this once.

    Without a timer it is no fragment, but stands in the same place: as one, its timer of before would go on.
    """
    if every is None:
        with st.container():
            draw()
    else:
        st.fragment(draw, run_every=every)()


def head_start() -> None:
    """Wait, unless others click or the visitor has gone on."""
    context = get_script_run_ctx()
    asked = context and context.script_requests
    until = monotonic() + HEAD_START
    while monotonic() < until and not crowded():
        # Streamlit itself looks no sooner: a fragment's key press does not interrupt.
        if asked and asked._state == ScriptRequestType.RERUN:
            return
        sleep(0.02)
