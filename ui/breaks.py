"""Break it: buttons that set the controls to a case in which the thing fails, and the way back."""

from typing import Any

import streamlit as st

from explainers.support.contract import Settings
from ui.controls import defaults
from ui.locale import Words


def set_controls(values: dict[str, Any]) -> None:
    """Set controls from a button; the URL follows."""
    for key, value in values.items():
        st.session_state[key] = value


def breaks(explainer: Any, settings: list[Settings], words: Words) -> None:
    """The buttons of this page, what the one in force does, and a way back to the start."""
    now = {key: value for state in settings for key, value in state.model_dump().items()}
    start = {key: value for state in settings for key, value in defaults(type(state), words).items()}
    st.markdown(f'<p class="u-head">{words.say("break_it")}</p>', unsafe_allow_html=True)
    with st.container(horizontal=True, key="u_break"):
        for name, values in explainer.BREAKS.items():
            text = words.page["break"][name]
            st.button(
                text["label"],
                key=f"break_{name}",
                help=text["says"],
                on_click=set_controls,
                args=(values,),
                # The way back from another, on a page that stands there: a push would do nothing.
                disabled=values.items() <= now.items() and values.items() <= start.items(),
            )
    if now == start:
        return
    for name, values in explainer.BREAKS.items():
        # One that sets what a page starts with (the way back from another) breaks nothing by itself.
        if values.items() <= now.items() and not values.items() <= start.items():
            st.markdown(
                f'<p class="u-caption">{words.page["break"][name]["says"]}</p>', unsafe_allow_html=True
            )
    st.button(words.say("reset"), key="reset", type="tertiary", on_click=set_controls, args=(start,))
