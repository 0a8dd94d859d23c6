"""A digit as a control: drawn with mouse, finger or arrow keys, or taken from a picture."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from explainers.support.drawing import MOST, PAD, PEN
from ui.address import seed_from_url, write_to_url
from ui.locale import Words
from ui.pad.upload import LARGEST, Refused, drawing_of
from ui.scripts import component

_pad = component("pad", "u-pad")


def drawn(name: str) -> None:
    """Take over what was drawn."""
    told = st.session_state[f"{name}_pad"].get("drawing")
    text = told.get("text") if isinstance(told, Mapping) else None
    st.session_state[name] = text if isinstance(text, str) else ""
    st.session_state.pop(f"{name}_refused", None)


def uploaded(name: str) -> None:
    """Take over the digit of a picture, or keep why it was refused."""
    try:
        st.session_state[name] = drawing_of(st.session_state[f"{name}_pad"].get("picture"))
        st.session_state.pop(f"{name}_refused", None)
    except Refused as refused:
        st.session_state[f"{name}_refused"] = str(refused)


def pad(name: str, field: FieldInfo, words: Words) -> str:
    """The pad with its buttons; what is drawn stands in the URL."""
    text = words.page["controls"][name]
    seed_from_url(name, lambda raw: field.default if raw is None else raw)
    value = str(st.session_state[name])
    data: dict[str, Any] = {
        "value": value, "label": text["label"], "words": words.shared["pad"],
        "size": PAD, "pen": PEN, "most": MOST, "largest": LARGEST,
    }  # fmt: skip
    st.markdown(text["label"], help=text.get("help"))
    _pad(
        key=f"{name}_pad",
        data=data,
        on_drawing_change=lambda: drawn(name),
        on_picture_change=lambda: uploaded(name),
    )
    refused = st.session_state.get(f"{name}_refused")
    if refused:
        st.warning(words.say(f"errors.{refused}"))
    write_to_url(name, value, field.default)
    return value
