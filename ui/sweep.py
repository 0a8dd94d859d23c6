"""One control at several values, each a run of its own, found again by the slider."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from explainers.support.pictures import Chart
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
    me, slots = visitor(), [f"sweep {field} {value}" for value in values]
    with st.container(border=True, key=f"u_picture_sweep_{field}"):
        st.header(words["title"], anchor=False)
        if st.query_params.get("sweep") != field:
            for slot in slots:
                engine().unwatch(me, slot)
            st.button(
                say("sweep", n=len(values)),
                key=f"sweep_{field}",
                on_click=_open,
                args=(field,),
                help=words["see"],
            )
            return
        settings = [lesson.training.model_copy(update={field: value}) for value in values]
        runs = [
            engine().request(me, lesson.name, training, slot, patient=True)
            for training, slot in zip(settings, slots, strict=True)
        ]

        @st.fragment(run_every=TICK if any(run.running for run in runs) else None)
        @turn()
        def live() -> None:
            done = [(value, run) for value, run in zip(values, runs, strict=True) if run.state == "finished"]
            if any(run.running for run in runs):
                st.progress(len(done) / len(runs), say("sweeping", done=len(done), n=len(runs)))
            for error in sorted({run.error for run in runs if run.error}):
                st.warning(say(f"errors.{error}"))
            if done:
                readings = [lesson.explainer.read(run.checkpoints[-1], lesson.view) for _, run in done]
                found = [value for value, _ in done]
                lesson.show(f"sweep_{field}", draw_picture(found, readings))
                for sentence in lesson.explainer.see_sweep(field, found, readings):
                    st.markdown(lesson.words.fill(lesson.page["see"][sentence.key], sentence.values))
            st.markdown(f'<span class="u-caption">{words["see"]}</span>', unsafe_allow_html=True)
            seconds = sum(run.cpu_seconds for _, run in done)
            chips([say("measured_runs", n=len(done), seconds=seconds)])

        live()


def _open(field: str) -> None:
    st.query_params["sweep"] = field
