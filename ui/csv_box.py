"""Lines of CSV as a control: a box to paste them into, and a file that fills it."""

import streamlit as st
from pydantic.fields import FieldInfo
from streamlit.runtime.scriptrunner import get_script_run_ctx

from ui import kept
from ui.locale import Words


def fill(name: str) -> None:
    """Put the text of the uploaded file into the box."""
    file = st.session_state[f"{name}_file"]
    if file is not None:
        data = file.getvalue()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")  # spreadsheets still write it; it reads every byte
        st.session_state[name] = text


def csv_box(name: str, field: FieldInfo, words: Words) -> str:
    """The box behind a fold; its text, or a name for a long one, is in the URL."""
    text = words.page["controls"][name]
    context = get_script_run_ctx()
    if name not in st.session_state or (context is not None and context.is_history_navigation):
        st.session_state[name] = kept.whole(st.query_params.get(name, str(field.default)))
    with st.expander(text["label"]):
        lines: str = st.text_area(text["label"], key=name, height=110, help=text["help"]) or ""
        with st.container(key=f"u_file_{name}"):
            # Streamlit's own words are English only: the style sheet puts these in their place.
            st.html(f"<style>.stApp {{ --u-file: '{words.say('file')}' }}</style>")
            st.file_uploader(
                words.say("file"),
                type=["csv", "txt"],
                key=f"{name}_file",
                max_upload_size=1,
                label_visibility="collapsed",
                on_change=fill,
                args=(name,),
            )
    raw = kept.short(lines)
    if raw != st.query_params.get(name, str(field.default)):
        if raw == field.default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = raw
    return lines
