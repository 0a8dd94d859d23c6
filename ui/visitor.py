"""Who is looking, and in which language."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui.locale import LANGUAGES


def visitor() -> str:
    """The session's id."""
    context = get_script_run_ctx()
    return context.session_id if context else "nobody"


def language() -> str:
    """The language that the visitor chose, else the link's, else English."""
    # The widget is drawn after the navigation that needs its value: on a cold link only the URL has it.
    chosen = st.session_state.get("lang") or st.query_params.get("lang")
    return chosen if chosen in LANGUAGES else "en"
