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


def standing(explainer: Any, settings: list[Settings], words: Words) -> tuple[bool, list[str], list[str]]:
    """Whether a page starts like this; which breaks are in force, and which cannot be pushed."""
    now = {key: value for state in settings for key, value in state.model_dump().items()}
    start = beginning(settings, words)
    here = [name for name, values in explainer.BREAKS.items() if values.items() <= now.items()]
    # One that sets what a page starts with (the way back from another) breaks nothing by itself, and a push
    # would do nothing on a page that stands there.
    dead = [name for name in here if explainer.BREAKS[name].items() <= start.items()]
    return now == start, [name for name in here if name not in dead], dead


def beginning(settings: list[Settings], words: Words) -> dict[str, Any]:
    """The values that all controls start with."""
    return {key: value for state in settings for key, value in defaults(type(state), words).items()}


def breaks(explainer: Any, settings: list[Settings], words: Words) -> None:
    """The buttons of this page, what the one in force does, and a way back to the start."""
    started, broken, dead = standing(explainer, settings, words)
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
                disabled=name in dead,
            )
    if started:
        return
    for name in broken:
        st.markdown(f'<p class="u-caption">{words.page["break"][name]["says"]}</p>', unsafe_allow_html=True)
    start = beginning(settings, words)
    st.button(words.say("reset"), key="reset", type="tertiary", on_click=set_controls, args=(start,))
