"""A settings class → Streamlit widgets, bound to the URL. Each control is declared once, in the class."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from math import floor, log10
from typing import Any, TypeVar, get_args, get_origin

import streamlit as st
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from explainers.support.contract import Settings
from ui import kept
from ui.address import seed_from_url, write_to_url
from ui.csv_box import csv_box
from ui.locale import Words, table
from ui.pad import pad

S = TypeVar("S", bound=Settings)
Moved = Callable[[], None] | None
MOST_STEPS = 500  # of a slider; beyond, the number is typed
WIDE = 24  # characters: more options than fit beside one another become a list


def limit(field: FieldInfo, name: str) -> Any:
    """One bound of a field (``ge``, ``le``, ``max_length``, ``multiple_of``), or None."""
    return next((getattr(m, name) for m in field.metadata if getattr(m, name, None) is not None), None)


def extra(field: FieldInfo, name: str) -> Any:
    """What the field's ``json_schema_extra`` says about ``name``, or None."""
    return field.json_schema_extra.get(name) if isinstance(field.json_schema_extra, dict) else None


def log_series(low: float, high: float, whole: bool) -> list[float]:
    """1, 2, 5, 10 … between two bounds, and both bounds."""
    series = [
        round(factor * 10.0**power, 10)
        for power in range(floor(log10(low)), floor(log10(high)) + 1)
        for factor in (1, 2, 5)
    ]
    inside = sorted({low, *(value for value in series if low < value < high), high})
    # One type for all: a value is written into the URL as Python writes it, 10.0 and not 10.
    return [int(value) if whole else float(value) for value in inside]


def among(options: Sequence[Any], default: Any) -> Callable[[str | None], Any]:
    """The option that the URL names, as Python writes it or a person does (20 for 20.0); else the default."""

    def spelt(option: Any) -> set[str]:
        return {str(option), f"{option:g}"} if isinstance(option, float) else {str(option)}

    return lambda raw: next((option for option in options if raw in spelt(option)), default)


def labels(language: str, page: str, name: str) -> dict[str, str]:
    """Option → how a control of named options shows it in this language."""
    found: dict[str, str] = table(language, page)["controls"][name].get("options", {})
    return found


def unbound(name: str, default: Any, moved: Moved) -> Moved:
    """What a control does that Streamlit does not bind to the URL: it may not be drawn when it was moved."""
    if moved is None:
        return None

    def change() -> None:
        write_to_url(name, st.session_state[name], default)
        moved()

    return change


def choice(name: str, field: FieldInfo, words: Words, default: Any, moved: Moved) -> Any:
    """A choice among named options, or among the values of a logarithmic slider."""
    text = words.page["controls"][name]
    common: dict[str, Any] = {"key": name, "help": text.get("help")}
    common["on_change"] = unbound(name, default, moved)
    if get_origin(field.annotation) is not None:
        options, show = list(get_args(field.annotation)), text["options"].__getitem__
    else:
        options = log_series(limit(field, "ge"), limit(field, "le"), whole=field.annotation is int)
        spec = "{v:,}" if field.annotation is int else "{v:g}"
        show = lambda value: words.fill(spec, {"v": value})  # noqa: E731
    seed_from_url(name, among(options, default))
    # Each starts at what the session holds: a control that the browser builds anew would start at its first
    # value, and report that as the visitor's wish.
    if st.session_state[name] not in options:
        st.session_state[name] = default
    now = st.session_state[name]
    if get_origin(field.annotation) is None:
        value = st.select_slider(text["label"], options, now, format_func=show, **common)
    elif sum(len(show(option)) for option in options) > WIDE:
        value = st.selectbox(text["label"], options, options.index(now), format_func=show, **common)
    else:
        value = st.segmented_control(
            text["label"], options, default=now, format_func=show, required=True, width="stretch", **common
        )
    write_to_url(name, value, default)
    return value


def plain_slider(field: FieldInfo) -> bool:
    """Whether a field's control is a slider over whole numbers."""
    if field.annotation is not int or extra(field, "log"):
        return False
    return (limit(field, "le") - limit(field, "ge")) // (limit(field, "multiple_of") or 1) <= MOST_STEPS


def control(name: str, field: FieldInfo, words: Words, default: Any, moved: Moved) -> Any:
    """Draw the widget of one field; its key, and its name in the URL, is the field's.

    ``moved`` is called when it was moved, before anything is drawn.
    """
    kind = field.annotation
    if get_origin(kind) is not None or extra(field, "log"):
        return choice(name, field, words, default, moved)
    if extra(field, "csv"):
        return csv_box(name, field, words)
    if extra(field, "pad"):
        return pad(name, field, words)
    text = words.page["controls"][name]
    label = text["label"]
    # The default stands in every run: Streamlit leaves out of the URL what equals it.
    common: dict[str, Any] = {"key": name, "value": default, "help": text.get("help"), "on_change": moved}
    common["bind"] = "query-params"
    if kind is bool:
        return st.toggle(label, **common)
    if kind is str:
        # The limit is said in a sentence when it is passed: a silent cut would lose what the visitor typed.
        return st.text_input(label, **common)
    low, high = limit(field, "ge"), limit(field, "le")
    step: Any = limit(field, "multiple_of") or (1 if kind is int else None)
    if kind is int and not plain_slider(field):
        # Not bound: Streamlit's binding raises an exception for ?seed=inf.
        seed_from_url(name, among(range(low, high + 1, step), default))
        now = st.session_state[name]  # as in ``choice``
        common |= {"value": now, "on_change": unbound(name, default, moved), "bind": None}
        value = st.number_input(label, low, high, step=step, **common)
        write_to_url(name, value, default)
        return value
    return st.slider(label, low, high, step=step, **common)


def defaults(kind: type[Settings], words: Words) -> dict[str, Any]:
    """The defaults of a settings class, in this language where its words name others (a text, say)."""
    own = words.page.get("defaults", {})
    return {name: own.get(name, field.default) for name, field in kind.model_fields.items()}


def settings(kind: type[S], words: Words, values: dict[str, Any]) -> S:
    """Valid settings from raw values: what is not allowed says so in a sentence; the default stands in."""
    start = defaults(kind, words)
    try:
        return kind(**{**start, **values})
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0])
            raw = values.pop(name, None)
            if isinstance(raw, str) and extra(kind.model_fields[name], "csv") and kept.lost(raw):
                st.warning(words.say("errors.lost", label=words.page["controls"][name]["label"]))
                continue
            if problem["type"] in words.page.get("errors", {}):
                st.warning(words.fill(words.page["errors"][problem["type"]], problem["ctx"]))
                continue
            if extra(kind.model_fields[name], "pad"):
                st.warning(words.say("errors.drawing", label=words.page["controls"][name]["label"]))
                continue
            allowed = limit(kind.model_fields[name], "max_length")
            if allowed is not None:
                st.warning(
                    words.say(
                        "errors.text_length", label=words.page["controls"][name]["label"], limit=allowed
                    )
                )
        return kind(**{**start, **values})


def held(kinds: list[type[Settings]]) -> list[Settings] | None:
    """The settings as this session holds them, before the controls are drawn; None if one is not allowed."""
    try:
        return [kind(**{name: st.session_state[name] for name in kind.model_fields}) for kind in kinds]
    except (KeyError, ValidationError):
        return None


def forget_other_page(page: str, fields: Iterable[str]) -> None:
    """Another page's control of the same name is another control: Streamlit would keep its value."""
    if st.session_state.get("page") != page:
        for name in fields:
            st.session_state.pop(name, None)
        st.session_state["page"] = page


def follow_language(kinds: list[type[Settings]], words: Words) -> None:
    """A control that stands at one language's default stands at the other's when the language changes."""
    before = st.session_state.get("language_of_controls", words.language)
    st.session_state["language_of_controls"] = words.language
    if before == words.language:
        return
    for kind in kinds:
        then, now = defaults(kind, Words(before, words.name)), defaults(kind, words)
        for name in now:
            if then[name] != now[name] and st.session_state.get(name) == then[name]:
                st.session_state[name] = now[name]
        for name, field in kind.model_fields.items():
            if get_origin(field.annotation) is not None and name in st.session_state:
                # Said anew: a list would go on showing its option in the words of before.
                option = {label: option for option, label in labels(before, words.name, name).items()}
                st.session_state[name] = option.get(st.session_state[name], st.session_state[name])


def draw(kinds: list[type[Settings]], words: Words, moved: Callable[[], None]) -> list[Settings]:
    """Widgets for all fields of several classes; those marked ``more`` behind one fold.

    ``moved`` is called when one of the last class was: of where one looks, and not of what is trained.
    """
    raw: dict[str, Any] = {}
    every = [(kind, name, field) for kind in kinds for name, field in kind.model_fields.items()]
    forget_other_page(words.name, [name for _, name, _ in every])
    follow_language(kinds, words)
    few = [item for item in every if not extra(item[2], "more")]
    rest = [item for item in every if extra(item[2], "more")]
    # A text comes first: it is what a person touches. A box for data is folded, and comes last.
    # What is wrong with the data stands above all controls: below them nobody would see it.
    told: AbstractContextManager[Any] = nullcontext()
    if any(extra(field, "csv") for _, _, field in few):
        told = st.container()
    few.sort(key=lambda item: (bool(extra(item[2], "csv")), item[2].annotation is not str))

    def show(kind: type[Settings], name: str, field: FieldInfo) -> None:
        then = moved if kind is kinds[-1] else None
        raw[name] = control(name, field, words, defaults(kind, words)[name], then)

    for item in few:
        show(*item)
    if rest:
        with st.expander(words.say("more_settings")):
            for item in rest:
                show(*item)
    with told:
        return [
            settings(kind, words, {name: raw[name] for name in kind.model_fields if raw[name] is not None})
            for kind in kinds
        ]
