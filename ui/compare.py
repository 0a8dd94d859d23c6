"""Run A and this run: what is pinned, and the headline numbers of both with their difference."""

from typing import TYPE_CHECKING

import orjson
import streamlit as st

from ui.kept import short, whole
from ui.readings import Readings, kept
from ui.turn import pause
from ui.workers import FIRST_LOOK, engine

if TYPE_CHECKING:
    from ui.lesson import Lesson


def pin_button(lesson: "Lesson") -> None:
    """Pin this run as A, or take it down again. The URL holds it: the link shows both."""
    say = lesson.words.say
    st.markdown(f'<p class="u-head">{say("compare")}</p>', unsafe_allow_html=True)
    if "a" in st.query_params:
        st.button(say("unpin"), key="unpin", on_click=_unpin)
    else:
        st.button(say("pin"), key="pin", on_click=_pin, args=(lesson,))


def _pin(lesson: "Lesson") -> None:
    values = {**lesson.training.model_dump(), **lesson.view.model_dump()}
    written = {key: short(value) if isinstance(value, str) else value for key, value in values.items()}
    st.query_params["a"] = orjson.dumps(written).decode()


def _unpin() -> None:
    st.query_params.pop("a", None)


def pinned(lesson: "Lesson", visitor: str) -> Readings | None:
    """Run A, from the URL; None if it describes none."""
    raw = st.query_params.get("a")
    if not raw:
        engine().unwatch(visitor, "pinned")
        return None
    try:
        values = {k: whole(v) if isinstance(v, str) else v for k, v in orjson.loads(raw).items()}
        kinds = (lesson.explainer.Training, lesson.explainer.View)
        training, view = (
            kind(**{k: v for k, v in values.items() if k in kind.model_fields}) for kind in kinds
        )
    except (ValueError, TypeError, AttributeError):
        engine().unwatch(visitor, "pinned")
        return None  # the page says so, above its picture
    run = engine().request(visitor, lesson.name, training, slot="pinned")
    if not run.wait(0):
        with pause():
            run.wait(FIRST_LOOK)
    return kept("pinned", lesson.explainer, run, view)


def numbers(lesson: "Lesson") -> str:
    """The headline numbers, and those of run A beside them, as a table in Markdown."""
    now = lesson.headline(lesson.readings)
    names = lesson.page["headline"]
    say = lesson.words.say
    if lesson.pinned and lesson.pinned.run.checkpoints:
        a = lesson.headline(lesson.pinned)
        head = f"| | A | {say('now')} | {say('difference')} |\n|---|--:|--:|--:|\n"
        rows = [
            f"| {names[k]} | {_n(lesson, a[k])} | {_n(lesson, v)} | {_n(lesson, v - a[k], '+')} |"
            for k, v in now.items()
        ]
    else:
        head = f"| | {say('now')} |\n|---|--:|\n"
        rows = [f"| {names[k]} | {_n(lesson, v)} |" for k, v in now.items()]
    return head + "\n".join(rows)


def _n(lesson: "Lesson", value: float, sign: str = "") -> str:
    """A number in four figures, all of a large one, as the language writes it."""
    if value != value:
        return "–"  # not a number: nothing was there to measure
    if 1000 <= abs(value) < 1e15 or (value % 1 == 0 and abs(value) < 1000):
        spec = ",.0f"
    else:
        spec = ".4g" if float(f"{value:.4g}") % 1 else ".6g"  # a share of 0.99995 is not 1
    return lesson.words.fill(f"{{v:{sign}{spec}}}", {"v": value})
