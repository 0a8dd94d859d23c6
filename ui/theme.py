"""The look of the app, over Streamlit's own."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import streamlit as st


@cache
def _styles() -> str:
    return (Path(__file__).parent / "theme.css").read_text(encoding="utf-8")


def apply(sections: Mapping[str, int]) -> None:
    """Put the project's styles into the page, and the title of each section before its first page."""
    titles = "".join(
        f'[data-testid="stSidebarNavItems"] > li:nth-child({first + 1})::before {{ content: "{title}"; }}'
        for title, first in sections.items()
    )
    st.html(f"<style>{_styles()}{titles}</style>")


def chips(parts: Iterable[str]) -> str:
    """Small facts in a row: where the numbers above them come from. HTML."""
    spans = "".join(f'<span class="u-chip">{part}</span>' for part in parts)
    return f'<span class="u-chips">{spans}</span>'
