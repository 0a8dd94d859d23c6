"""The values of controls in the address, where Streamlit's own binding does not do."""

from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx


def seed_from_url(name: str, meant: Callable[[str | None], Any]) -> None:
    """Let a control take its value from the URL on arrival, and when the visitor goes back or forward.

    ``meant`` says which value the URL means. By its value and not by its words in one language, as
    Streamlit's own binding writes it: a link sent in Portuguese would say nothing in English. In between, the
    URL follows the control: the second of two quick key presses still carries the URL of before the first.
    """
    context = get_script_run_ctx()
    if name not in st.session_state or (context is not None and context.is_history_navigation):
        st.session_state[name] = meant(st.query_params.get(name))


def write_to_url(name: str, value: Any, default: Any) -> None:
    """Show a value in the URL; the default leaves it."""
    raw = None if value == default else str(value)
    if raw != st.query_params.get(name):
        if raw is None:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = raw
