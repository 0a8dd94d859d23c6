"""One control at several values, each a run of its own, found again by the slider."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import streamlit as st
from pydantic import ValidationError

from explainers.support.contract import Settings
from explainers.support.pictures import Chart
from ui.pace import pace, watch
from ui.theme import chips
from ui.turn import turn
from ui.visitor import visitor
from ui.workers import engine

if TYPE_CHECKING:
    from ui.lesson import Lesson

TICK = 0.5
SweepPicture = Callable[[Sequence[Any], Sequence[Any]], Chart]


def sweep(lesson: "Lesson", field: str, draw_picture: SweepPicture) -> None:
    """A button that trains ``field`` at every value of the explainer's ``SWEEPS``, and the picture of it.

    The URL says ``sweep=field`` while it is open, so that the link shows it, too. ``draw_picture`` takes the
    values whose runs are finished and their last readings.
    """
    words, say = lesson.page["pictures"][f"sweep_{field}"], lesson.words.say
    values = lesson.explainer.SWEEPS[field]
    me, slots = visitor(), {value: f"sweep {field} {value}" for value in values}
    with st.container(border=True, key=f"u_picture_sweep_{field}"):
        st.header(words["title"], anchor=False)
        if st.query_params.get("sweep") != field:
            for slot in slots.values():
                engine().unwatch(me, slot)
            label = say("sweep", n=len(values))
            st.button(label, key=f"sweep_{field}", on_click=_open, args=(field,), help=words["see"])
            return
        found = allowed(lesson.training, field, values)
        for value in slots.keys() - found.keys():
            engine().unwatch(me, slots[value])
        runs = {
            value: engine().request(me, lesson.name, training, slots[value], patient=True)
            for value, training in found.items()
        }
        going = any(run.running for run in runs.values())
        readings: dict[Any, Any] = {}  # of each finished run, read once and not at every tick

        @turn()
        def live() -> None:
            if going and not any(run.running for run in runs.values()):
                st.rerun()  # without the timer
            done = {value: run for value, run in runs.items() if run.state == "finished"}
            if going:
                st.progress(len(done) / len(runs), say("sweeping", done=len(done), n=len(runs)))
            for error in sorted({run.error for run in runs.values() if run.error}):
                st.warning(say(f"errors.{error}"))
            if done:
                for value in done.keys() - readings.keys():
                    readings[value] = lesson.explainer.read(done[value].checkpoints[-1], lesson.view)
                said = list(done), [readings[value] for value in done]
                lesson.show(f"sweep_{field}", draw_picture(*said))
                for sentence in lesson.explainer.see_sweep(field, *said):
                    st.markdown(lesson.words.fill(lesson.page["see"][sentence.key], sentence.values))
            seconds = sum(run.cpu_seconds for run in done.values())
            under = chips([say("measured_runs", n=len(done), seconds=seconds)])
            st.markdown(f'<span class="u-caption">{words["see"]}</span>{under}', unsafe_allow_html=True)

        watch(live, max(TICK, pace(me)) if going else None)
        st.button(say("close"), key=f"sweep_{field}_close", on_click=_close, type="tertiary")


def allowed(training: Settings, field: str, values: Sequence[Any]) -> dict[Any, Settings]:
    """The settings with each value that goes with the others: a series may be too short for a window."""
    found: dict[Any, Settings] = {}
    for value in values:
        with suppress(ValidationError):
            found[value] = type(training)(**{**training.model_dump(), field: value})
    return found


def _open(field: str) -> None:
    st.query_params["sweep"] = field


def _close() -> None:
    st.query_params.pop("sweep", None)
