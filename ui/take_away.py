"""What a visitor takes away: the link, the program and the numbers of exactly this state."""

import csv
import io
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import streamlit as st

from explainers.support.contract import data_of
from explainers.support.script import script
from ui.controls import defaults, extra
from ui.copyable import copyable
from ui.kept import short

if TYPE_CHECKING:
    from ui.lesson import Lesson


def csv_fields(explainer: Any) -> list[str]:
    """The controls that take the visitor's own data."""
    return [name for name, field in explainer.Training.model_fields.items() if extra(field, "csv")]


def too_long(value: Any) -> bool:
    """Whether this is a text that no address carries."""
    return isinstance(value, str) and short(value) != value


def link(lesson: "Lesson") -> str:
    """The address of exactly this state."""
    values: dict[str, Any] = {}
    for state in (lesson.training, lesson.view):
        start = defaults(type(state), lesson.words)
        values |= {k: v for k, v in state.model_dump().items() if v != start[k] and not too_long(v)}
    values |= {"lang": lesson.words.language}
    values |= {key: st.query_params[key] for key in ("a", "sweep", "anew") if key in st.query_params}
    values |= lesson.linked
    base = (st.context.url or f"/{lesson.name}").split("?")[0]
    written = {k: str(v).lower() if isinstance(v, bool) else v for k, v in values.items()}
    return f"{base}?{urlencode(written)}"


def table(lesson: "Lesson") -> bytes:
    """Every measured number over the run, and the headline, as CSV."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["step", "name", "value"])
    checkpoints = lesson.current.checkpoints
    for checkpoint in checkpoints:
        rows.writerows([checkpoint.step, name, value] for name, value in checkpoint.numbers.items())
    headline = lesson.headline(lesson.readings)
    rows.writerows([checkpoints[-1].step, f"headline.{name}", value] for name, value in headline.items())
    return out.getvalue().encode()


def take_away(lesson: "Lesson") -> None:
    """The block of a page."""
    say, name = lesson.words.say, lesson.name

    def program() -> str:
        return script(lesson.explainer, lesson.training, lesson.view)

    st.header(say("take_away"), anchor=False)
    lesson.spots.show(
        "link",
        lambda: link(lesson),
        lambda address: copyable(address, say("link"), say, key=f"u_link_{name}"),
    )
    for field in csv_fields(lesson.explainer):
        if too_long(getattr(lesson.training, field)):
            st.caption(say("not_in_link", label=lesson.page["controls"][field]["label"]))
    if lesson.reading is None:
        return
    # The files are made at a click: their page does not run again.
    at_click: dict[str, Any] = {"on_click": "ignore"}
    with st.container(horizontal=True):
        st.download_button(say("program"), program, f"{name}.py", "text/x-python", key="program", **at_click)
        st.download_button(
            say("csv"), lambda: table(lesson), f"{name}.csv", "text/csv", key="csv", **at_click
        )
        for file in data_of(lesson.explainer, lesson.training):
            st.link_button(say("data_file", file=file), f"/data/{file}")
    # Drawn only when open: after every change the browser would colour its hundreds of lines again.
    with st.expander(say("show_program"), key="show_program", on_change="rerun") as shown:
        if shown.open:
            lesson.spots.show("program", program, partial(st.code, language="python"))
