"""A text too long for an address: the session keeps it, and the address holds a short name for it."""

import hashlib
import re

import streamlit as st

LIMIT = 2_000  # characters; an address several times as long is cut by chats and mail
MOST = 8  # texts that a session keeps
NAME = re.compile(r"#[0-9a-f]{12}")


def short(text: str) -> str:
    """What stands for a text in an address: the text itself, or the name under which it is kept here."""
    if len(text) <= LIMIT:
        return text
    name = f"#{hashlib.sha256(text.encode(errors='replace')).hexdigest()[:12]}"
    kept = st.session_state.setdefault("kept_texts", {})
    kept.pop(name, None)
    kept[name] = text
    while len(kept) > MOST:
        del kept[next(iter(kept))]
    return name


def whole(raw: str) -> str:
    """The text that an address means; a name that this session does not know stays as it is."""
    return str(st.session_state.get("kept_texts", {}).get(raw, raw))


def lost(text: str) -> bool:
    """Whether this is a name whose text did not travel with the address."""
    return NAME.fullmatch(text) is not None
