"""One question, several who may answer it: what each takes, and what each says.

Who is slow or paid is asked at the push of a button; who cannot answer says why. Knows no concept: a task is
what ``explainers.support.contest`` describes.
"""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from explainers.support.contest import Entry
from explainers.support.contract import Say
from ui.pace import pace, watch
from ui.secret import secret
from ui.turn import pause, turn
from ui.visitor import visitor

if TYPE_CHECKING:
    from ui.lesson import Lesson


def contest(lesson: "Lesson", name: str, task: Any) -> None:
    """The block ``name`` of a page: its question, in the URL under this name, its table and its answers."""
    words = lesson.page[name]
    # A plain dictionary: what was paid for is in it, even if the visitor clicks on before the page is drawn.
    kept = st.session_state.setdefault(f"kept_{name}", {})
    with st.container(border=True, key=f"u_picture_{name}"):
        st.header(words["title"], anchor=False)
        st.markdown(words["lead"])
        question = _question(lesson, name, words, task.LIMIT)
        if question != words["default"]:
            lesson.linked[name] = question
        entries = task.entries(question, kept, secret(task.SECRET))
        working = any(entry.working for entry in entries)

        @turn()
        def live() -> None:
            now = task.entries(question, kept, secret(task.SECRET)) if working else entries
            if working and not any(entry.working for entry in now):
                st.rerun()
            _facts(lesson, words, now)
            for one in task.says(now):
                st.markdown(_said(lesson, words, one))
            for start in range(0, len(now), 2):
                for place, entry in zip(st.columns(2), now[start : start + 2], strict=False):
                    with place:
                        _card(lesson, name, words, entry, question, task, kept)

        watch(live, pace(visitor()) if working else None)
        st.markdown(f'<span class="u-caption">{words["see"]}</span>', unsafe_allow_html=True)
        st.markdown(words["notes"])


def _question(lesson: "Lesson", name: str, words: Mapping[str, Any], limit: int) -> str:
    """What the visitor asks; the default, with one sentence, for a text that is too long."""
    written = st.text_input(
        words["label"], words["default"], key=name, help=words["help"], bind="query-params"
    )
    if written is not None and len(written) <= limit:
        return str(written)
    st.warning(lesson.words.say("errors.text_length", label=words["label"], limit=limit))
    return str(words["default"])


def _said(lesson: "Lesson", words: Mapping[str, Any], say: Say) -> str:
    return lesson.words.fill(words["says"][say.key], say.values)


def _cell(lesson: "Lesson", column: Mapping[str, str], value: Any) -> str:
    """One cell: a number in the column's format, or a text as it is."""
    label = f'data-label="{escape(column["label"])}"'
    if "cell" not in column:
        return f"<td {label}>{escape(value)}</td>"
    sign = ("neg" if value < 0 else "pos") if ":+" in column["cell"] else ""
    shown = lesson.words.fill(column["cell"], {"v": value}).replace("-", "−")
    return f'<td {label} class="{sign}">{shown}</td>'


def _table(kind: str, head: Sequence[str], rows: Sequence[str]) -> None:
    """A table that is a list on a phone. In HTML: what stands in it is nobody's markdown."""
    top = "".join(f'<th scope="col">{escape(label)}</th>' for label in head)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    st.html(f'<table class="u-table {kind}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>')


def _facts(lesson: "Lesson", words: Mapping[str, Any], entries: Sequence[Entry]) -> None:
    """What each takes; a dash where that is not known."""
    columns = words["facts"]
    rows = []
    for entry in entries:
        cells = [
            _cell(lesson, column, entry.facts[key])
            if key in entry.facts
            else f'<td data-label="{escape(column["label"])}" class="">–</td>'
            for key, column in columns.items()
        ]
        rows.append(f'<th scope="row">{escape(words["names"][entry.name])}</th>{"".join(cells)}')
    _table("u-facts", [words["who"], *(column["label"] for column in columns.values())], rows)


def _card(
    lesson: "Lesson",
    name: str,
    words: Mapping[str, Any],
    entry: Entry,
    question: str,
    task: Any,
    kept: dict[str, Any],
) -> None:
    """One answer: its rows, or why there are none, or what it takes and the button."""
    st.markdown(f"**{words['names'][entry.name]}**")
    if entry.rows:
        columns = words["row"]
        rows = [
            "".join(_cell(lesson, column, row[key]) for key, column in columns.items()) for row in entry.rows
        ]
        _table("u-answers", [column["label"] for column in columns.values()], rows)
    for say in entry.says:
        st.markdown(_said(lesson, words, say))
    if entry.offer is None:
        return
    st.markdown(_said(lesson, words, entry.offer))
    if st.button(words["ask"][entry.name], key=f"{name}_{entry.name}"):
        with st.spinner(words["asking"]), pause():
            task.ask(entry.name, question, kept, secret(task.SECRET))
        st.rerun()
