"""Lines of CSV as a control: a box to paste them into, and a file that fills it."""

import streamlit as st
from pydantic.fields import FieldInfo

from ui import kept
from ui.address import seed_from_url, write_to_url
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
    seed_from_url(name, lambda raw: field.default if raw is None else kept.whole(raw))
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
    write_to_url(name, kept.short(lines), field.default)
    return lines
