"""How a run is doing, above its picture, and what was measured, below it."""

from typing import TYPE_CHECKING

import streamlit as st

from explainers.support.contract import data_of, packages_of
from explainers.support.precomputed import command
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
    if "a" in st.query_params and lesson.pinned is None:
        st.warning(say("errors.pinned"))
    if lesson.pinned and lesson.pinned.run.error:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning("A: " + say(f"errors.{lesson.pinned.run.error}"), width="stretch")
            if not run.error:
                st.button(say("again"), key="again_a", on_click=engine().resume, args=(me,))
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


def asked_anew() -> bool:
    """Whether this visitor, or the link, asks that what ships be trained all the same."""
    return st.query_params.get("anew") == "1"


def _anew() -> None:
    st.query_params["anew"] = "1"


def measured(lesson: "Lesson", run: Run) -> str:
    """The chips: seed, CPU seconds, parameters, data. HTML."""
    say = lesson.words.say
    counts = run.checkpoints[-1].parameters()
    learnt = " · ".join(
        say("parameters", model=lesson.page["labels"].get(f"series.{model}", model), n=n)
        for model, n in counts.items()
    )
    seed = getattr(run.training, "seed", None)
    own = any(getattr(run.training, name) for name in csv_fields(lesson.explainer))
    files = [name.split(".")[0] for name in data_of(lesson.explainer, run.training)]
    # Of the packages, those that hold data have words here.
    packages = packages_of(lesson.explainer, run.training)
    named = {**lesson.words.shared["data"], **lesson.page.get("data", {})}
    files += [name for name in packages if name in named]
    data = (named[name] for name in [*files, *(["own"] * own)])
    how = "precomputed" if run.precomputed else "measured"
    what = say(how, seed=seed, seconds=run.cpu_seconds, command=command(run.name))
    return chips([what, learnt, *data])


def below(lesson: "Lesson", run: Run) -> None:
    """The chips under the main picture; of a run that ships, the button that trains it here."""
    if not run.precomputed:
        st.markdown(measured(lesson, run), unsafe_allow_html=True)
        return
    say = lesson.words.say
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(measured(lesson, run), unsafe_allow_html=True)
        # The whole page asks for its run again, and not this picture alone.
        if st.button(say("anew"), key="anew", help=say("anew_help"), on_click=_anew):
            st.rerun()
