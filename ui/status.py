"""How a run is doing, above its picture, and what was measured, below it."""

from typing import TYPE_CHECKING

import streamlit as st

from explainers.support.contract import data_of, packages_of
from training import Run
from ui.take_away import csv_fields
from ui.theme import chips
from ui.visitor import visitor
from ui.workers import engine

if TYPE_CHECKING:
    from ui.lesson import Lesson


def status(lesson: "Lesson", run: Run) -> None:
    """Place in the queue, progress and the stop button; or one clear sentence, and a way on."""
    say, me = lesson.words.say, visitor()
    if run.error or run.state == "stopped":
        with st.container(horizontal=True, vertical_alignment="center"):
            if run.error:
                st.warning(say(f"errors.{run.error}"), width="stretch")
            else:
                st.info(say("stopped"), width="stretch")
            st.button(say("again" if run.error else "go_on"), on_click=engine().resume, args=(me,))
    elif lesson.pinned and lesson.pinned.run.running and not run.running:
        st.progress(lesson.pinned.run.progress, say("training_a"))
    elif run.running:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(run.progress, say("queue", place=run.place) if run.place else say("training"))
            st.button(say("stop"), key="stop", on_click=engine().stop, args=(run, me))


def measured(lesson: "Lesson", run: Run) -> None:
    """The chips: seed, CPU seconds, parameters, data."""
    counts = run.checkpoints[-1].parameters()
    learnt = " · ".join(
        lesson.words.say("parameters", model=lesson.page["labels"].get(f"series.{model}", model), n=n)
        for model, n in counts.items()
    )
    seed = getattr(run.training, "seed", None)
    own = any(getattr(run.training, name) for name in csv_fields(lesson.explainer))
    files = [name.split(".")[0] for name in data_of(lesson.explainer, run.training)]
    # Of the packages, those that hold data have words here.
    packages = packages_of(lesson.explainer, run.training)
    files += [name for name in packages if name in lesson.words.shared["data"]]
    data = (lesson.words.say(f"data.{name}") for name in [*files, *(["own"] * own)])
    chips([lesson.words.say("measured", seed=seed, seconds=run.cpu_seconds), learnt, *data])
